package io.mandate.bench.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GoalTest {
    @Test
    void ratioGoalsCompareTheMediansOfBothSides() {
        assertThat(Goal.ratioAtLeast(4).judge(of(10), of(40))).isEqualTo(Goal.Verdict.MET);
        assertThat(Goal.ratioAtLeast(4).judge(of(10), of(39))).isEqualTo(Goal.Verdict.MISSED);
        assertThat(Goal.ratioAtMost(0.5).judge(of(10), of(5))).isEqualTo(Goal.Verdict.MET);
        assertThat(Goal.ratioAtMost(0.5).judge(of(10), of(6))).isEqualTo(Goal.Verdict.MISSED);
    }

    @Test
    void aRatioIsOpenUnlessBothSidesWereMeasured() {
        assertThat(Goal.ratioAtMost(0.5).judge(Optional.empty(), of(5))).isEqualTo(Goal.Verdict.OPEN);
        assertThat(Goal.ratioAtMost(0.5).judge(of(10), Optional.empty())).isEqualTo(Goal.Verdict.OPEN);
    }

    @Test
    void absoluteGoalsDoNotNeedTheOtherSide() {
        assertThat(Goal.medianAtMost(150).judge(Optional.empty(), of(100, 140, 900)))
                .isEqualTo(Goal.Verdict.MET);
        assertThat(Goal.medianAtMost(150).judge(Optional.empty(), of(100, 160, 170)))
                .isEqualTo(Goal.Verdict.MISSED);
    }

    @Test
    void aGoalForTheWorstIsMissedByOneSample() {
        assertThat(Goal.worstAtMost(400).judge(Optional.empty(), of(100, 400))).isEqualTo(Goal.Verdict.MET);
        assertThat(Goal.worstAtMost(400).judge(Optional.empty(), of(100, 100, 401)))
                .isEqualTo(Goal.Verdict.MISSED);
    }

    @Test
    void withoutAGoalThereIsNoVerdict() {
        assertThat(Goal.NONE.judge(of(1), of(1))).isEqualTo(Goal.Verdict.OPEN);
        assertThat(Goal.NONE.text("ms")).isEmpty();
    }

    @Test
    void goalsReadAsInTheTable() {
        assertThat(Goal.ratioAtLeast(4).text("/s")).isEqualTo(">= 4 x");
        assertThat(Goal.ratioAtMost(0.25).text("s")).isEqualTo("<= 0.25 x");
        assertThat(Goal.medianAtMost(150).text("ms")).isEqualTo("<= 150 ms");
        assertThat(Goal.worstAtMost(400).text("ms")).isEqualTo("worst <= 400 ms");
    }

    private static Optional<Summary> of(double... samples) {
        return Summary.of(Arrays.stream(samples).boxed().toList());
    }
}
