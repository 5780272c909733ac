package io.mandate.verify.differential;

/**
 * One thing in which the sides do not agree, or in which one breaks a promise.
 *
 * @param stepNumber counted from 1
 * @param request what was asked
 * @param left what the left side answered, in full
 * @param right what the right side answered, in full
 */
record Difference(int stepNumber, String request, String left, String right) {
    private static final int CONTEXT_CHARACTERS = 60;

    @Override
    public String toString() {
        return "step " + stepNumber + "\n  request: " + request + "\n  left:    " + left + "\n  right:   " + right
                + firstUnlikeness();
    }

    /** In long answers the eye needs a pointer. */
    private String firstUnlikeness() {
        int at = 0;
        while (at < left.length() && at < right.length() && left.charAt(at) == right.charAt(at)) {
            at++;
        }
        return "\n  first unlike: '" + around(left, at) + "' and '" + around(right, at) + "'";
    }

    private static String around(String text, int at) {
        return text.substring(
                Math.max(0, at - CONTEXT_CHARACTERS / 2), Math.min(text.length(), at + CONTEXT_CHARACTERS));
    }
}
