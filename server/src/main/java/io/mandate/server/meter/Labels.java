package io.mandate.server.meter;

/**
 * The labels of a series, in the order in which they were added.
 *
 * @param text the labels in Prometheus' text format, without braces
 */
public record Labels(String text) {
    public static final Labels NONE = new Labels("");

    public static Labels of(String name, String value) {
        return NONE.and(name, value);
    }

    /** These labels and one more. */
    public Labels and(String name, String value) {
        String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        return new Labels(text + (text.isEmpty() ? "" : ",") + name + "=\"" + escaped + "\"");
    }
}
