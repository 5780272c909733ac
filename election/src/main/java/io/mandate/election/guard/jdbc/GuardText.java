package io.mandate.election.guard.jdbc;

/** Identifiers of the guard's own rows. */
final class GuardText {
    /** A key of two of them stays within MySQL's 3,072 bytes. */
    static final int ID_CHARS_MAX = 200;

    private GuardText() {}

    /**
     * Databases disagree about blanks at the end and about control characters: two ids that differ only there could be
     * one row.
     */
    static String requireId(String what, String id) {
        if (id.isEmpty() || id.length() > ID_CHARS_MAX) {
            throw new IllegalArgumentException("the " + what + " '" + shortened(id) + "' has " + id.length()
                    + " characters, not between 1 and " + ID_CHARS_MAX + ": choose another one, or a hash of it");
        }
        if (!id.equals(id.strip()) || id.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the " + what + " '" + id
                    + "' begins or ends with a blank or contains a control character, which databases "
                    + "compare differently: choose another one");
        }
        return id;
    }

    private static String shortened(String text) {
        return text.length() <= ID_CHARS_MAX ? text : text.substring(0, ID_CHARS_MAX) + "…";
    }
}
