package io.mandate.verify.faults;

import io.mandate.verify.faults.ClientOperation.Outcome;
import io.mandate.verify.faults.ClientOperation.Read;
import io.mandate.verify.faults.ClientOperation.Write;
import io.mandate.verify.faults.Violation.Rule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides in O(n log n) whether a history is strictly serializable. Pure.
 *
 * <p>General checkers search for an order of the operations. Here the store itself names the order, by its revisions,
 * so that it only has to be verified:
 *
 * <ol>
 *   <li>The log, one put per revision, is without gap, repetition or value that nobody wrote.
 *   <li>An operation of unknown outcome is decided by the log: its unique value is there, or it never happened. That is
 *       sound because the log has no gap.
 *   <li>A write stands at position 2·revision, a read or a refused compare at 2·(header revision)+1.
 *   <li>Replay: every answer shows the state at its position; every compare was true, or false, at its position, as
 *       answered.
 *   <li>Real time: no operation stands behind one that was called only after it had returned.
 * </ol>
 *
 * A history that passes is strictly serializable whatever the server claims; one that fails is not, or the server's
 * revisions lie.
 */
public final class HistoryChecker {
    /** One cause makes thousands of violations, of which the first say it all. */
    private static final int VIOLATIONS_MAX_PER_RULE = 10;

    private final List<LogEntry> log;
    private final long firstRevision;
    private final Map<Long, Long> revisionOfValue = new HashMap<>();
    private final List<Violation> violations = new ArrayList<>();
    private final Map<Rule, Integer> violationsOfRule = new EnumMap<>(Rule.class);

    private HistoryChecker(List<LogEntry> log, long firstRevision) {
        this.log = log;
        this.firstRevision = firstRevision;
    }

    /**
     * Checks a history.
     *
     * @param log all puts since {@code firstRevision}, as a watch of the whole store delivered them
     * @param firstRevision the revision that the history's first write got
     * @param operations all operations that touched the store since then, in any order
     * @return what is wrong, at most ten violations of each rule; empty if the history is strictly serializable
     */
    public static List<Violation> check(List<LogEntry> log, long firstRevision, List<ClientOperation> operations) {
        HistoryChecker checker = new HistoryChecker(log, firstRevision);
        checker.checkLog();
        if (!checker.violations.isEmpty()) {
            // Revisions no longer index the log: anything found further on would be an echo. Lost acknowledgements are
            // told anyway.
            checker.checkAcknowledgements(operations);
            return checker.violations;
        }
        Map<Long, Write> committed = checker.checkAcknowledgements(operations);
        checker.checkOwners(committed);
        checker.replay(operations, committed);
        checker.checkRealTime(operations);
        return checker.violations;
    }

    private void checkLog() {
        long expected = firstRevision;
        for (LogEntry entry : log) {
            if (entry.revision() == expected - 1 && expected > firstRevision) {
                report(Rule.DUPLICATE_REVISION, "a second event at revision " + entry.revision() + ": " + entry);
            } else if (entry.revision() != expected) {
                report(Rule.GAP_IN_LOG, "expected revision " + expected + ", came " + entry);
            }
            expected = entry.revision() + 1;
            Long earlier = revisionOfValue.putIfAbsent(entry.state().value(), entry.revision());
            if (earlier != null) {
                report(Rule.DOUBLE_APPLY, "value of revision " + earlier + " came again: " + entry);
            }
        }
    }

    /** Returns the writes that took effect, by revision. */
    private Map<Long, Write> checkAcknowledgements(List<ClientOperation> operations) {
        Map<Long, Write> committed = new HashMap<>();
        for (ClientOperation operation : operations) {
            if (operation instanceof Write write) {
                Long revision = revisionOfValue.get(write.value());
                if (write.outcome() == Outcome.APPLIED) {
                    if (revision == null || revision != write.revision()) {
                        report(Rule.LOST_ACKNOWLEDGEMENT, write + " stands at revision " + revision);
                    }
                    Write other = committed.get(write.revision());
                    if (other != null && other.outcome() == Outcome.APPLIED) {
                        report(Rule.DUPLICATE_REVISION, "acknowledged at one revision: " + write + " and " + other);
                    }
                } else if (write.outcome() == Outcome.REFUSED && revision != null) {
                    report(Rule.REFUSED_BUT_APPLIED, write + " stands at revision " + revision);
                }
                if (revision != null) {
                    committed.put(revision, write);
                }
            }
        }
        return committed;
    }

    private void checkOwners(Map<Long, Write> committed) {
        for (LogEntry entry : log) {
            Write owner = committed.get(entry.revision());
            if (owner == null || owner.key() != entry.key()) {
                report(Rule.UNOWNED_REVISION, entry + " was written by " + owner);
            }
        }
    }

    private void replay(List<ClientOperation> operations, Map<Long, Write> committed) {
        List<ClientOperation> looks = new ArrayList<>();
        for (ClientOperation operation : operations) {
            if (operation instanceof Read || (operation instanceof Write write && write.outcome() == Outcome.REFUSED)) {
                looks.add(operation);
            }
        }
        looks.sort(Comparator.comparingLong(HistoryChecker::answerRevision));
        Map<Integer, KeyVersion> state = new HashMap<>();
        int next = 0;
        for (ClientOperation look : looks) {
            while (next < log.size() && log.get(next).revision() <= answerRevision(look)) {
                applyEntry(log.get(next++), state, committed);
            }
            checkLook(look, state.getOrDefault(look.key(), KeyVersion.ABSENT));
        }
        while (next < log.size()) {
            applyEntry(log.get(next++), state, committed);
        }
    }

    private void applyEntry(LogEntry entry, Map<Integer, KeyVersion> state, Map<Long, Write> committed) {
        KeyVersion before = state.getOrDefault(entry.key(), KeyVersion.ABSENT);
        Write owner = committed.get(entry.revision());
        if (owner != null && !compareHolds(owner, before)) {
            report(Rule.APPLIED_AGAINST_COMPARE, owner + " was applied on " + before);
        }
        KeyVersion after = before.put(entry.state().value(), entry.revision());
        if (!after.equals(entry.state())) {
            report(Rule.WRONG_EVENT, entry + " should be " + after);
        }
        state.put(entry.key(), after);
    }

    private void checkLook(ClientOperation look, KeyVersion actual) {
        KeyVersion seen = look instanceof Write write ? write.seen() : ((Read) look).seen();
        if (answerRevision(look) > lastRevision() || answerRevision(look) < firstRevision - 1) {
            report(
                    Rule.WRONG_READ,
                    look + " was answered at a revision outside of the log, which ends at " + lastRevision());
        } else if (!seen.equals(actual)) {
            report(Rule.WRONG_READ, look + " should have seen " + actual);
        }
        if (look instanceof Write write && compareHolds(write, actual)) {
            report(Rule.REFUSED_AGAINST_COMPARE, write + " was refused on " + actual);
        }
    }

    private void checkRealTime(List<ClientOperation> operations) {
        record Placed(long position, ClientOperation operation) {}
        List<Placed> order = new ArrayList<>();
        for (ClientOperation operation : operations) {
            if (operation instanceof Write write && write.outcome() != Outcome.REFUSED) {
                Long revision = revisionOfValue.get(write.value());
                if (revision != null) {
                    order.add(new Placed(2 * revision, operation));
                }
            } else {
                order.add(new Placed(2 * answerRevision(operation) + 1, operation));
            }
        }
        order.sort(Comparator.comparingLong(Placed::position));
        // Of all operations at smaller positions, the one that was called last.
        @Nullable ClientOperation latest = null;
        int groupStart = 0;
        while (groupStart < order.size()) {
            int groupEnd = groupStart;
            while (groupEnd < order.size()
                    && order.get(groupEnd).position() == order.get(groupStart).position()) {
                if (latest != null) {
                    checkPair(latest, order.get(groupEnd).operation());
                }
                groupEnd++;
            }
            for (Placed placed : order.subList(groupStart, groupEnd)) {
                if (latest == null || placed.operation().callNanos() - latest.callNanos() > 0) {
                    latest = placed.operation();
                }
            }
            groupStart = groupEnd;
        }
    }

    private void checkPair(ClientOperation earlier, ClientOperation later) {
        boolean neverReturned = later instanceof Write write && write.outcome() == Outcome.UNKNOWN;
        if (neverReturned || earlier.callNanos() - later.returnNanos() <= 0) {
            return;
        }
        boolean earlierIsLook =
                earlier instanceof Read || (earlier instanceof Write write && write.outcome() == Outcome.REFUSED);
        report(
                earlierIsLook ? Rule.STALE_READ : Rule.REAL_TIME_INVERSION,
                earlier + " was sent after " + later + " had been answered, but stands before it");
    }

    private static boolean compareHolds(Write write, KeyVersion state) {
        return write.expectedModRevision() == Write.UNCONDITIONAL || write.expectedModRevision() == state.modRevision();
    }

    private static long answerRevision(ClientOperation operation) {
        return operation instanceof Write write ? write.revision() : ((Read) operation).revision();
    }

    private long lastRevision() {
        return firstRevision + log.size() - 1;
    }

    private void report(Rule rule, String evidence) {
        if (violationsOfRule.merge(rule, 1, Integer::sum) <= VIOLATIONS_MAX_PER_RULE) {
            violations.add(new Violation(rule, evidence));
        }
    }
}
