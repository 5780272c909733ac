package io.mandate.bench.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SummaryTest {
    @Test
    void medianOfAnOddCountIsTheMiddleValueWhateverTheOrder() {
        assertThat(Summary.of(List.of(9.0, 1.0, 4.0))).contains(new Summary(4, 1, 9, 3));
    }

    @Test
    void medianOfAnEvenCountLiesBetweenTheMiddleTwo() {
        assertThat(Summary.of(List.of(1.0, 2.0, 4.0, 100.0))).contains(new Summary(3, 1, 100, 4));
    }

    @Test
    void nothingMeasuredHasNoSummary() {
        assertThat(Summary.of(List.of())).isEmpty();
    }

    @Test
    void ratioIsMedianOverMedian() {
        assertThat(Summary.ratio(Summary.of(List.of(8.0)), Summary.of(List.of(2.0))))
                .contains(4.0);
    }

    @Test
    void ratioToNothingOrToZeroDoesNotExist() {
        Optional<Summary> measured = Summary.of(List.of(8.0));
        assertThat(Summary.ratio(measured, Optional.empty())).isEmpty();
        assertThat(Summary.ratio(Optional.empty(), measured)).isEmpty();
        assertThat(Summary.ratio(measured, Summary.of(List.of(0.0)))).isEmpty();
    }
}
