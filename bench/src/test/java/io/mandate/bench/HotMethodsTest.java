package io.mandate.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HotMethodsTest {
    @Test
    void theHottestMethodComesFirstWithItsShare() {
        HotMethods hot = new HotMethods();
        hot.add("a.B.c");
        hot.add("x.Y.z");
        hot.add("x.Y.z");
        hot.add("x.Y.z");

        assertThat(hot.render().lines()).containsExactly("4 samples", " 75.0 %  x.Y.z", " 25.0 %  a.B.c");
    }

    @Test
    void anEmptyRecordingSaysSo() {
        assertThat(new HotMethods().render()).isEqualTo("0 samples\n");
    }
}
