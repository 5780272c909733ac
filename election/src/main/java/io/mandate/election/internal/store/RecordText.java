package io.mandate.election.internal.store;

/** Numbers and texts one after another as one text. A text is preceded by its length, so that it may hold anything. */
final class RecordText {
    private RecordText() {}

    static final class Writer {
        private final StringBuilder text = new StringBuilder();

        Writer number(long value) {
            text.append(value).append(' ');
            return this;
        }

        Writer text(String value) {
            number(value.length());
            text.append(value).append(' ');
            return this;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    /** Fails with an {@link IllegalArgumentException} if the text is none that a {@link Writer} wrote. */
    static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        long number() {
            int end = text.indexOf(' ', at);
            if (end < 0) {
                throw new IllegalArgumentException("it ends after " + at + " characters");
            }
            String number = text.substring(at, end);
            at = end + 1;
            return Long.parseLong(number);
        }

        String text() {
            long length = number();
            if (length < 0 || length >= text.length() - at) {
                throw new IllegalArgumentException("it ends within a text of " + length + " characters");
            }
            String value = text.substring(at, at + (int) length);
            at += (int) length + 1;
            return value;
        }
    }
}
