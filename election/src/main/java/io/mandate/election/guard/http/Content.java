package io.mandate.election.guard.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What an object holds: bytes, and their media type. Immutable; two are equal if both are. */
public final class Content {
    private static final String TYPE_DEFAULT = "application/octet-stream";

    private final byte[] bytes;
    private final String type;

    private Content(byte[] bytes, String type) {
        this.bytes = bytes;
        this.type = type;
    }

    /** Copies the bytes. Their type is {@code application/octet-stream} until {@link #as} gives another. */
    public static Content of(byte[] bytes) {
        return new Content(bytes.clone(), TYPE_DEFAULT);
    }

    /** The text in UTF-8, as {@code text/plain}. */
    public static Content utf8(String text) {
        return new Content(text.getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8");
    }

    /** Takes the array over: the caller gives up its right to write to it. */
    static Content owning(byte[] bytes) {
        return new Content(bytes, TYPE_DEFAULT);
    }

    /**
     * The same bytes with another media type, such as {@code application/json}; it travels as the header
     * {@code Content-Type}.
     */
    public Content as(String mediaType) {
        return new Content(bytes, mediaType);
    }

    /** A fresh copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The array itself; it must never be written to. */
    byte[] sharedBytes() {
        return bytes;
    }

    /** The bytes read as UTF-8. */
    public String utf8() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** In bytes. */
    public int size() {
        return bytes.length;
    }

    /** The media type. */
    public String type() {
        return type;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Content that && Arrays.equals(bytes, that.bytes) && type.equals(that.type);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(bytes) + type.hashCode();
    }

    @Override
    public String toString() {
        return bytes.length + " bytes of " + type;
    }
}
