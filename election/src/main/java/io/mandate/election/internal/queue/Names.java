package io.mandate.election.internal.queue;

import java.nio.charset.StandardCharsets;

/**
 * What elections, locks, workloads and their members may be called: names become keys of the store, parted by slashes,
 * so no two names may become one key, nor two that look alike.
 *
 * <p>All refusals are {@link IllegalArgumentException}s that name the input, the bound and the remedy.
 */
public final class Names {
    /** Longest name of an election, in bytes of UTF-8: leaves room for the rest of its keys. */
    public static final int ELECTION_BYTES_MAX = 256;

    private Names() {}

    /** Refuses what cannot be the name of an election or a lock. */
    public static void requireElection(String name) {
        requireKey("name of an election", name, ELECTION_BYTES_MAX);
    }

    /**
     * Refuses what cannot be part of a key: printable text as {@link #requireText} wants it, which may be parted by
     * slashes, but has no empty part and none with a blank at its beginning or end.
     *
     * @param what names it in the refusal
     */
    public static void requireKey(String what, String name, int bytesMax) {
        requireText(what, name, bytesMax);
        for (String part : name.split("/", -1)) {
            if (part.isEmpty()) {
                throw new IllegalArgumentException("the " + what + " '" + name
                        + "' begins or ends with a slash, or has two in a row: leave it away, keys are made with one");
            }
            if (isBlank(part.codePointAt(0)) || isBlank(part.codePointBefore(part.length()))) {
                throw new IllegalArgumentException("the " + what + " '" + name
                        + "' has a blank at its beginning or end, or beside a slash: leave it away, it cannot be seen");
            }
        }
    }

    private static boolean isBlank(int codePoint) {
        return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
    }

    /**
     * Refuses what is not printable text of 1 to so many bytes of UTF-8.
     *
     * @param what names it in the refusal
     */
    public static void requireText(String what, String text, int bytesMax) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > bytesMax) {
            throw new IllegalArgumentException("the " + what + " '" + text + "' has " + bytes
                    + " bytes of UTF-8, not between 1 and " + bytesMax + ": choose another one");
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the " + what
                    + " contains a control character: it appears in keys and log lines, choose printable text");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new IllegalArgumentException("the " + what + " '" + text
                    + "' contains half a surrogate pair, which UTF-8 cannot express: choose whole characters");
        }
    }
}
