package io.mandate.bench.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.mandate.bench.SideBySide;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

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

    @Test
    void theHelpNamesEveryRow() {
        String help = new CommandLine(new SideBySide()).getUsageMessage();
        assertThat(help).contains(Arrays.stream(Row.values()).map(Row::id).toList());
    }
}
