package io.mandate.verify.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.mandate.verify.faults.ClientOperation.Outcome;
import io.mandate.verify.faults.ClientOperation.Read;
import io.mandate.verify.faults.ClientOperation.Write;
import io.mandate.verify.faults.Violation.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A sound history passes; each planted violation is convicted by its own name. Times are small numbers. */
class HistoryCheckerTest {
    private static final int K = 7;

    /** Revision 2: K=10 (created). Revision 3: K=11, a compare-and-swap on revision 2. Revision 4: another key. */
    private final List<LogEntry> log =
            new ArrayList<>(List.of(entry(K, 10, 2, 2, 1), entry(K, 11, 3, 2, 2), entry(8, 12, 4, 4, 1)));

    private final List<ClientOperation> operations = new ArrayList<>(List.of(
            applied(K, 10, Write.UNCONDITIONAL, 2, 100, 110),
            applied(K, 11, 2, 3, 120, 130),
            applied(8, 12, 0, 4, 125, 140),
            new Read(K, 4, version(11, 3, 2, 2), 150, 160),
            new Write(K, 13, 2, Outcome.REFUSED, 4, version(11, 3, 2, 2), 150, 160)));

    @Test
    void soundHistoryPasses() {
        assertThat(check()).isEmpty();
    }

    @Test
    void emptyHistoryPasses() {
        assertThat(HistoryChecker.check(List.of(), 2, List.of(new Read(K, 1, KeyVersion.ABSENT, 1, 2))))
                .isEmpty();
    }

    @Test
    void operationOfUnknownOutcomeMayHaveHappenedOrNot() {
        operations.set(1, unknown(K, 11, 2, 120, 130));
        operations.add(unknown(K, 99, Write.UNCONDITIONAL, 120, 130));
        assertThat(check()).isEmpty();
    }

    @Test
    void operationOfUnknownOutcomeMayHappenAfterItsError() {
        operations.set(1, unknown(K, 11, 2, 90, 95));
        assertThat(check()).isEmpty();
    }

    @Test
    void lostAcknowledgementIsConvicted() {
        operations.add(applied(K, 14, Write.UNCONDITIONAL, 4, 150, 160));
        assertThat(rules()).contains(Rule.LOST_ACKNOWLEDGEMENT);
    }

    @Test
    void lostAcknowledgementBehindTheEndOfTheLogIsConvicted() {
        operations.add(applied(K, 14, Write.UNCONDITIONAL, 5, 150, 160));
        assertThat(rules()).containsExactly(Rule.LOST_ACKNOWLEDGEMENT);
    }

    @Test
    void acknowledgementAtAnotherRevisionIsConvicted() {
        operations.set(2, applied(8, 12, 0, 3, 125, 140));
        assertThat(rules()).contains(Rule.LOST_ACKNOWLEDGEMENT);
    }

    @Test
    void twoEventsAtOneRevisionAreConvicted() {
        log.add(entry(9, 15, 4, 4, 1));
        assertThat(rules()).containsExactly(Rule.DUPLICATE_REVISION);
    }

    @Test
    void twoAcknowledgementsAtOneRevisionAreConvicted() {
        operations.add(0, applied(9, 15, Write.UNCONDITIONAL, 4, 125, 140));
        operations.add(applied(9, 15, Write.UNCONDITIONAL, 4, 125, 140));
        operations.add(applied(8, 12, 0, 4, 125, 140));
        assertThat(rules()).contains(Rule.DUPLICATE_REVISION);
    }

    @Test
    void gapInTheLogIsConvicted() {
        log.remove(1);
        assertThat(rules()).contains(Rule.GAP_IN_LOG, Rule.LOST_ACKNOWLEDGEMENT);
    }

    @Test
    void logThatGoesBackIsConvicted() {
        log.add(entry(K, 16, 2, 2, 1));
        assertThat(rules()).containsExactly(Rule.GAP_IN_LOG);
    }

    @Test
    void doubleApplyIsConvicted() {
        log.add(entry(8, 12, 5, 4, 2));
        assertThat(rules()).containsExactly(Rule.DOUBLE_APPLY);
    }

    @Test
    void revisionThatNobodyWroteIsConvicted() {
        log.add(entry(8, 99, 5, 4, 2));
        assertThat(rules()).containsExactly(Rule.UNOWNED_REVISION);
    }

    @Test
    void writeToAnotherKeyIsConvicted() {
        log.set(2, entry(9, 12, 4, 4, 1));
        assertThat(rules()).containsExactly(Rule.UNOWNED_REVISION);
    }

    @Test
    void wrongVersionInAnEventIsConvicted() {
        log.set(1, entry(K, 11, 3, 2, 3));
        operations.remove(4);
        operations.remove(3);
        assertThat(rules()).containsExactly(Rule.WRONG_EVENT);
    }

    @Test
    void wrongReadIsConvicted() {
        operations.set(3, new Read(K, 4, version(10, 2, 2, 1), 150, 160));
        assertThat(rules()).containsExactly(Rule.WRONG_READ);
    }

    @Test
    void readOfTheFutureIsConvicted() {
        operations.set(3, new Read(K, 9, version(11, 3, 2, 2), 150, 160));
        assertThat(rules()).contains(Rule.WRONG_READ);
    }

    @Test
    void staleReadIsConvicted() {
        operations.set(3, new Read(K, 2, version(10, 2, 2, 1), 150, 160));
        assertThat(rules()).containsExactly(Rule.STALE_READ);
    }

    @Test
    void readOfTheOldStateBesideARunningWriteIsNotStale() {
        operations.set(3, new Read(K, 2, version(10, 2, 2, 1), 128, 160));
        assertThat(check()).isEmpty();
    }

    @Test
    void readsThatGoBackAreConvicted() {
        // The write at revision 3 and 4 are unknown, so only the two reads contradict each other.
        operations.set(1, unknown(K, 11, 2, 120, 130));
        operations.set(2, unknown(8, 12, 0, 120, 130));
        operations.set(4, new Read(K, 2, version(10, 2, 2, 1), 170, 180));
        assertThat(rules()).containsExactly(Rule.STALE_READ);
    }

    @Test
    void staleRefusalIsConvicted() {
        operations.set(4, new Write(K, 13, 3, Outcome.REFUSED, 2, version(10, 2, 2, 1), 150, 160));
        assertThat(rules()).containsExactly(Rule.STALE_READ);
    }

    @Test
    void realTimeInversionIsConvicted() {
        // Revision 2 was sent after revision 3 had been answered.
        operations.set(0, applied(K, 10, Write.UNCONDITIONAL, 2, 135, 138));
        assertThat(rules()).containsExactly(Rule.REAL_TIME_INVERSION);
    }

    @Test
    void swapAgainstItsCompareIsConvicted() {
        operations.set(1, applied(K, 11, 0, 3, 120, 130));
        assertThat(rules()).containsExactly(Rule.APPLIED_AGAINST_COMPARE);
    }

    @Test
    void swapOfUnknownOutcomeAgainstItsCompareIsConvicted() {
        operations.set(1, unknown(K, 11, 0, 120, 130));
        assertThat(rules()).containsExactly(Rule.APPLIED_AGAINST_COMPARE);
    }

    @Test
    void refusalAgainstItsCompareIsConvicted() {
        operations.set(4, new Write(K, 13, 3, Outcome.REFUSED, 4, version(11, 3, 2, 2), 150, 160));
        assertThat(rules()).containsExactly(Rule.REFUSED_AGAINST_COMPARE);
    }

    @Test
    void appliedRefusalIsConvicted() {
        operations.set(2, new Write(8, 12, 1, Outcome.REFUSED, 3, KeyVersion.ABSENT, 125, 140));
        assertThat(rules()).contains(Rule.REFUSED_BUT_APPLIED);
    }

    @Test
    void longGeneratedHistoryPassesAndItsMutantIsConvicted() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        log.clear();
        operations.clear();
        KeyVersion[] state = new KeyVersion[5];
        Arrays.fill(state, KeyVersion.ABSENT);
        for (int i = 0; i < 100_000; i++) {
            int key = random.nextInt(state.length);
            long revision = 2L + log.size();
            if (random.nextInt(3) == 0) {
                operations.add(new Read(key, revision - 1, state[key], 10L * i, 10L * i + 25));
            } else {
                long expected = random.nextBoolean() ? state[key].modRevision() : Write.UNCONDITIONAL;
                state[key] = state[key].put(revision, revision);
                log.add(new LogEntry(key, state[key]));
                operations.add(applied(key, revision, expected, revision, 10L * i, 10L * i + 25));
            }
        }
        assertThat(check()).as("seed %d", seed).isEmpty();

        int lost = random.nextInt(log.size());
        log.subList(lost, log.size()).clear();
        assertThat(rules()).as("seed %d", seed).contains(Rule.LOST_ACKNOWLEDGEMENT);
    }

    private List<Violation> check() {
        return HistoryChecker.check(log, 2, operations);
    }

    private List<Rule> rules() {
        return check().stream().map(Violation::rule).distinct().toList();
    }

    private static LogEntry entry(int key, long value, long revision, long createRevision, long version) {
        return new LogEntry(key, version(value, revision, createRevision, version));
    }

    private static KeyVersion version(long value, long modRevision, long createRevision, long version) {
        return new KeyVersion(value, modRevision, createRevision, version);
    }

    private static Write applied(int key, long value, long expected, long revision, long callNanos, long returnNanos) {
        return new Write(key, value, expected, Outcome.APPLIED, revision, KeyVersion.ABSENT, callNanos, returnNanos);
    }

    private static Write unknown(int key, long value, long expected, long callNanos, long returnNanos) {
        return new Write(key, value, expected, Outcome.UNKNOWN, 0, KeyVersion.ABSENT, callNanos, returnNanos);
    }
}
