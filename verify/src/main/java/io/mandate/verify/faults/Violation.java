package io.mandate.verify.faults;

/** A broken rule and the operations or revisions that show it. */
public record Violation(Rule rule, String evidence) {

    /** The rules of a strictly serializable history. */
    public enum Rule {
        /** Two events, or two acknowledgements, at one revision. */
        DUPLICATE_REVISION,
        /** The watch went back, or left out a revision. */
        GAP_IN_LOG,
        /** One unique value stands at two revisions. */
        DOUBLE_APPLY,
        /** A revision holds a value that no client wrote. */
        UNOWNED_REVISION,
        /** A watch event's create revision or version does not follow from the events before it. */
        WRONG_EVENT,
        /** An acknowledged write does not stand at its revision. */
        LOST_ACKNOWLEDGEMENT,
        /** A write that was answered to be refused was applied. */
        REFUSED_BUT_APPLIED,
        /** A write was applied though its compare was false at that moment. */
        APPLIED_AGAINST_COMPARE,
        /** A write was refused though its compare was true at the answer's revision. */
        REFUSED_AGAINST_COMPARE,
        /** An answer shows something else than the store held at the answer's revision. */
        WRONG_READ,
        /**
         * An answer shows a state that was already overwritten, by an acknowledged write, before the request was sent.
         */
        STALE_READ,
        /** A write got a smaller revision than one that was acknowledged before it was sent. */
        REAL_TIME_INVERSION
    }

    @Override
    public String toString() {
        return rule + ": " + evidence;
    }
}
