package io.mandate.keyspace.api;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came of a command or a read: an answer, or a refusal that changed nothing. Every outcome knows the revision of
 * the keyspace it saw.
 */
public sealed interface Outcome {

    /** The store's revision right after the command, or at the read. */
    long revision();

    /** The command was not carried out and left no trace. */
    record Refused(long revision, Reason reason) implements Outcome {

        /** The reason; the etcd API has the error text of each. */
        public enum Reason {
            KEY_NOT_FOUND,
            LEASE_NOT_FOUND,
            LEASE_EXISTS,
            REVISION_COMPACTED,
            REVISION_IN_FUTURE,
            NO_SPACE,
            CORRUPT,
            /**
             * The answer to this request id is no longer kept, so it is unknown whether it was applied: nothing is
             * applied now.
             */
            REQUEST_FORGOTTEN,
            /** An expiry decided in another term. */
            STALE_TERM
        }
    }

    /**
     * Answer to a read. {@code count} is the number of keys in the range whatever limit and filters say; {@code more}
     * if the limit cut any.
     */
    record Ranged(long revision, List<KeyValue> keyValues, long count, boolean more) implements Outcome {
        public Ranged {
            keyValues = List.copyOf(keyValues);
        }
    }

    /** Answer to a put. */
    record Written(long revision, @Nullable KeyValue previous) implements Outcome {
        public Optional<KeyValue> previousIfAsked() {
            return Optional.ofNullable(previous);
        }
    }

    /** Answer to a delete. {@code previous} is empty unless asked for. */
    record Deleted(long revision, long count, List<KeyValue> previous) implements Outcome {
        public Deleted {
            previous = List.copyOf(previous);
        }
    }

    /**
     * Answer to a transaction: which branch ran and the answers of its operations, in order. The answers carry the
     * revision as it was when their operation ran: the one before the transaction until its first change. (etcd leaves
     * the header of a nested transaction's answer empty.)
     */
    record Decided(long revision, boolean succeeded, List<Outcome> answers) implements Outcome {
        public Decided {
            answers = List.copyOf(answers);
        }
    }

    /** Answer to a compaction, a revocation, an expiry, a change of alarms or a member made known. */
    record Done(long revision) implements Outcome {}

    /** Answer to a grant. */
    record Granted(long revision, long leaseId, long ttlMillis) implements Outcome {}
}
