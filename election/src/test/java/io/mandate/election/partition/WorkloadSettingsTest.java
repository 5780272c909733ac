package io.mandate.election.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mandate.election.store.LeaseStore;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkloadSettingsTest {
    private static WorkloadSettings full() {
        WorkloadSettings settings = WorkloadSettings.NONE;
        for (int i = 0; i < WorkloadSettings.PINS_MAX; i++) {
            settings = settings.pinned(
                    16_383 - i, String.valueOf(100 + i % 900).repeat(34).substring(0, 100));
        }
        for (int i = 0; i < WorkloadSettings.DRAINED_MAX; i++) {
            settings = settings.drained(String.valueOf(100 + i).repeat(34).substring(0, 100), true);
        }
        return settings.paused(true);
    }

    @Test
    void whatIsSaidIsReadAgainAndCanBeTakenBack() {
        WorkloadSettings said =
                WorkloadSettings.NONE.paused(true).pinned(17, "host 7").drained("host-8", true);
        assertThat(WorkloadSettings.parse(said.text())).isEqualTo(said);
        assertThat(said.paused(false).unpinned(17).drained("host-8", false)).isEqualTo(WorkloadSettings.NONE);
        assertThat(WorkloadSettings.parse("")).isEqualTo(WorkloadSettings.NONE);
    }

    @Test
    void aPartitionIsPinnedToTheMemberSaidLast() {
        assertThat(WorkloadSettings.NONE.pinned(1, "a").pinned(1, "b").pins())
                .hasSize(1)
                .containsEntry(1, "b");
    }

    @Test
    void asMuchAsIsAllowedFitsIntoOneValue() {
        WorkloadSettings full = full();
        assertThat(full.text().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(LeaseStore.VALUE_BYTES_MAX);
        assertThat(WorkloadSettings.parse(full.text())).isEqualTo(full);
    }

    @Test
    void oneMoreIsRefusedAndWhatReplacesOrTakesBackIsNot() {
        WorkloadSettings full = full();
        assertThatThrownBy(() -> full.pinned(0, "a"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("partition 0", "400", "unpin");
        assertThatThrownBy(() -> full.drained("a", true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("member a", "100", "take back");
        assertThat(full.pinned(16_383, "a").unpinned(16_382).pins()).hasSize(WorkloadSettings.PINS_MAX - 1);
    }

    @Test
    void moreThanThisVersionWouldWriteIsReadAllTheSame() {
        String text = IntStream.range(0, 500)
                .mapToObj(i -> "pin\t" + i + "\ta\ndrain\thost-" + i)
                .collect(Collectors.joining("\n"));
        WorkloadSettings read = WorkloadSettings.parse(text);
        assertThat(read.pins()).hasSize(500);
        assertThat(read.drained()).hasSize(500);
        assertThat(read.unpinned(0).drained("host-1", false).paused(true).pins())
                .hasSize(499);
        assertThat(read.pinned(0, "b").pins()).containsEntry(0, "b");
        assertThatThrownBy(() -> read.pinned(500, "a")).hasMessageContaining("400");
    }

    @Test
    void linesThatSayNothingToThisVersionAreLeftOut() {
        assertThat(WorkloadSettings.parse(
                        "later\tx\npin\t1\npin\tx\ta\npin\t-1\ta\npin\t1234567\ta\ndrain\n\npaused\tsince"))
                .isEqualTo(WorkloadSettings.NONE.paused(true));
    }
}
