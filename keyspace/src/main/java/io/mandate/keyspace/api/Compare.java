package io.mandate.keyspace.api;

/**
 * A condition of a transaction. It holds if it holds for every key of the range; for a range without keys, and for an
 * absent key, the numbers compare as 0 and a compare of the value never holds.
 *
 * @param number what VERSION, CREATE_REVISION, MOD_REVISION and LEASE are compared with
 * @param value what VALUE is compared with
 */
public record Compare(KeyRange keys, Target target, Relation relation, long number, Bytes value) {

    /** The field looked at. */
    public enum Target {
        VERSION,
        CREATE_REVISION,
        MOD_REVISION,
        VALUE,
        LEASE
    }

    /** How the field must relate to the given number or value. */
    public enum Relation {
        EQUAL,
        GREATER,
        LESS,
        NOT_EQUAL
    }

    /** A condition on a number of one key. */
    public static Compare number(Bytes key, Target target, Relation relation, long number) {
        return new Compare(KeyRange.single(key), target, relation, number, Bytes.EMPTY);
    }

    /** A condition on the value of one key. */
    public static Compare value(Bytes key, Relation relation, Bytes value) {
        return new Compare(KeyRange.single(key), Target.VALUE, relation, 0, value);
    }
}
