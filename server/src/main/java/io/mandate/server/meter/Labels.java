package io.mandate.server.meter;

/** Labels of a series, in the order in which they were added. */
public record Labels(String text) {
    public static final Labels NONE = new Labels("");

    public static Labels of(String name, String value) {
        return NONE.and(name, value);
    }

    /** These and one more. */
    public Labels and(String name, String value) {
        String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        return new Labels(text + (text.isEmpty() ? "" : ",") + name + "=\"" + escaped + "\"");
    }
}
