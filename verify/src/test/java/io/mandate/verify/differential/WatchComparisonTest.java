package io.mandate.verify.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.mandate.etcdapi.WatchResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WatchComparisonTest {
    private static final int STREAM = 3;
    private static final long WATCHER = 7;

    private final RunReport report = new RunReport(new RunOptions(1, 1, 10, List.of(), "none"));
    private final WatchComparison comparison = new WatchComparison(42, new Model(), report);

    private static WatchJournal.Drained told(Message... messages) {
        return new WatchJournal.Drained(Map.of(WATCHER, List.of(messages)), List.of(), 0);
    }

    private static Message message(long revision) {
        return WatchResponse.newBuilder().setCompactRevision(revision).build();
    }

    private List<String> differences(
            Map<Integer, WatchJournal.Drained> left, Map<Integer, WatchJournal.Drained> right) {
        comparison.compare(left, right);
        return report.differences().stream().map(Difference::toString).toList();
    }

    @Test
    void sidesThatWereToldTheSameDoNotDiffer() {
        assertThat(differences(Map.of(STREAM, told(message(1))), Map.of(STREAM, told(message(1)))))
                .isEmpty();
        assertThat(report.eventsCompared()).isEqualTo(1);
    }

    @Test
    void aStreamThatIsMissingOnTheRightIsADifference() {
        assertThat(differences(Map.of(STREAM, told(message(1))), Map.of()))
                .singleElement()
                .asString()
                .contains("watch stream " + STREAM, "told watchers [" + WATCHER + "]", "no such stream");
        assertThat(report.eventsCompared()).as("nothing was compared").isZero();
    }

    @Test
    void aStreamThatIsMissingOnTheLeftIsADifference() {
        assertThat(differences(Map.of(), Map.of(STREAM, told(message(1)))))
                .singleElement()
                .asString()
                .contains("watch stream " + STREAM, "told watchers [" + WATCHER + "]", "no such stream");
    }

    @Test
    void aWatcherThatOneSideToldNothingIsADifference() {
        assertThat(differences(
                        Map.of(STREAM, told(message(1))),
                        Map.of(STREAM, new WatchJournal.Drained(Map.of(), List.of(), 0))))
                .singleElement()
                .asString()
                .contains("told to watcher " + WATCHER, "nothing");
    }

    @Test
    void aMessageThatIsNotTheSameIsADifference() {
        assertThat(differences(
                        Map.of(STREAM, told(message(1), message(2))), Map.of(STREAM, told(message(1), message(3)))))
                .singleElement()
                .asString()
                .contains("after 1 like messages");
    }

    @Test
    void aPromiseThatBothSidesBrokeIsToldOfBoth() {
        WatchJournal.Drained broken = new WatchJournal.Drained(Map.of(), List.of("revision 3 after 4"), 0);
        assertThat(differences(Map.of(STREAM, broken), Map.of(STREAM, broken)))
                .hasSize(2)
                .allMatch(difference -> difference.contains("revision 3 after 4"));
    }

    /** Two sides that both fail in the same way, for instance because both streams have ended, agree in nothing. */
    @Test
    void whatIsNotAServersAnswerIsEqualToNothing() {
        assertThat(StepAnswer.ofTest(Status.Code.UNKNOWN, "the watch stream ended")
                        .isFromServer())
                .isFalse();
        assertThat(StepAnswer.of(Status.DEADLINE_EXCEEDED.asRuntimeException()).isFromServer())
                .isFalse();
        assertThat(StepAnswer.of(Status.UNAVAILABLE
                                .withDescription("io exception")
                                .asRuntimeException())
                        .isFromServer())
                .isFalse();
        assertThat(StepAnswer.of(Status.UNKNOWN
                                .withDescription("too many requests")
                                .asRuntimeException())
                        .isFromServer())
                .isTrue();
        assertThat(StepAnswer.none().isFromServer()).isTrue();
    }
}
