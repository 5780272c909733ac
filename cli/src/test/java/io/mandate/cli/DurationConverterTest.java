package io.mandate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DurationConverterTest {
    @Test
    void unitsAddUp() {
        assertThat(DurationConverter.parse("1h30m")).isEqualTo(Duration.ofMinutes(90));
        assertThat(DurationConverter.parse("1s500ms")).isEqualTo(Duration.ofMillis(1500));
        assertThat(DurationConverter.parse("7")).isEqualTo(Duration.ofSeconds(7));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "-1s", "1 s", "1x", "1s2", "99999999999999999999s"})
    void whatIsNoDurationIsRefusedWithTheFormsAllowed(String text) {
        assertThatThrownBy(() -> DurationConverter.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("write for instance");
    }

    @ParameterizedTest
    @ValueSource(strings = {"999999999999h", "999999999999", "876001h", "876000h1ms"})
    void moreThanAHundredYearsIsRefusedWithTheBound(String text) {
        assertThat(DurationConverter.parse("876000h").toNanos()).isPositive();
        assertThatThrownBy(() -> DurationConverter.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(text, "876000h");
    }
}
