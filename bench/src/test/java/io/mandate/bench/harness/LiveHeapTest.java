package io.mandate.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class LiveHeapTest {
    @Test
    void goReportsItsHeapInExponentNotation() {
        String metrics = """
                # TYPE go_memstats_heap_alloc_bytes gauge
                go_memstats_heap_alloc_bytes 1.2345e+07
                go_memstats_heap_alloc_bytes_total 9
                """;
        assertThat(LiveHeap.parseGoMetrics(metrics)).isEqualTo(12_345_000);
    }

    @Test
    void theHistogramsTotalIsInItsThirdColumn() {
        String histogram = """
                4711:
                 num     #instances         #bytes  class name (module)
                -------------------------------------------------------
                   1:         12345        9876543  [B (java.base@17)
                Total        123456       34567890
                """;
        assertThat(LiveHeap.parseHistogram(histogram)).isEqualTo(34_567_890);
    }

    @Test
    void anOutputWithoutTheFigureIsAnError() {
        assertThatIllegalStateException().isThrownBy(() -> LiveHeap.parseGoMetrics("go_goroutines 7"));
        assertThatIllegalStateException().isThrownBy(() -> LiveHeap.parseHistogram("no such process"));
    }
}
