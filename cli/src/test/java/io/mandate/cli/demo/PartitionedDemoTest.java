package io.mandate.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What the demo would say if a file were not right. */
class PartitionedDemoTest {
    @Test
    void aFileIsRightIfItsOwnersFollowEachOther() {
        assertThat(PartitionedDemo.isRight(
                        List.of("1 by ada token 5", "2 by ada token 5", "3 by bob token 9", "4 by ada token 12")))
                .isTrue();
    }

    @Test
    void anEntryByAnOwnerOfThePastIsFound() {
        assertThat(PartitionedDemo.isRight(List.of("1 by ada token 5", "2 by bob token 9", "3 by ada token 5")))
                .isFalse();
    }

    @Test
    void anEntryThatIsMissingIsFound() {
        assertThat(PartitionedDemo.isRight(List.of("1 by ada token 5", "3 by bob token 9")))
                .isFalse();
        assertThat(PartitionedDemo.isRight(List.of())).isFalse();
    }
}
