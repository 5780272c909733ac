package io.mandate.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class RowTest {
    @Test
    void rowsAreNamedInAList() {
        assertThat(Row.parse("cas, reads")).containsExactlyInAnyOrder(Row.CAS, Row.READS);
        assertThat(Row.parse("all")).containsExactlyInAnyOrder(Row.values());
    }

    @Test
    void anUnknownRowIsRefusedWithTheKnownOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Row.parse("cas,wriets"))
                .withMessageContaining("'wriets'")
                .withMessageContaining("failover");
    }
}
