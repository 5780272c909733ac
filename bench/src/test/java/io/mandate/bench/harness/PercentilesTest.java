package io.mandate.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PercentilesTest {
    @Test
    void percentilesAreNearestRanks() {
        Percentiles hundred =
                new Percentiles(LongStream.rangeClosed(1, 100).map(i -> 101 - i).toArray());
        assertThat(hundred.at(50)).isEqualTo(50);
        assertThat(hundred.at(99)).isEqualTo(99);
        assertThat(hundred.at(99.1)).isEqualTo(100);
        assertThat(hundred.at(100)).isEqualTo(100);
    }

    @Test
    void anEventBeforeTheAnswerIsANegativeDelay() {
        assertThat(new Percentiles(new long[] {5, -3, 1}).at(1)).isEqualTo(-3);
    }

    @Test
    void nothingHasNoPercentile() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Percentiles(new long[0]));
    }

    @Test
    void percentMustBePositiveAndAtMostHundred() {
        Percentiles one = new Percentiles(new long[] {7});
        assertThatIllegalArgumentException().isThrownBy(() -> one.at(0));
        assertThatIllegalArgumentException().isThrownBy(() -> one.at(101));
        assertThatIllegalArgumentException().isThrownBy(() -> one.at(Double.NaN));
    }
}
