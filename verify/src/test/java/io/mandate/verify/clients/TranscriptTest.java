package io.mandate.verify.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptTest {
    private static final Transcript.Step PUT = new Transcript.Step("put a 1", "", "OK", "", "0");
    private static final Transcript.Step GET = new Transcript.Step("get a", "", "a\n1", "", "0");

    private static Transcript.Step get(String stdout, String stderr, String exitCode) {
        return new Transcript.Step(GET.command(), GET.stdin(), stdout, stderr, exitCode);
    }

    @Test
    void whatIsTheSameHasNoDifferences() {
        assertThat(new Transcript(List.of(PUT, GET)).differencesTo(new Transcript(List.of(PUT, GET))))
                .isEmpty();
    }

    @Test
    void anotherOutputErrorOrExitCodeIsToldWithItsStepAndBothSides() {
        for (Transcript.Step other : List.of(get("a\n2", "", "0"), get("a\n1", "late", "0"), get("a\n1", "", "1"))) {
            assertThat(new Transcript(List.of(PUT, GET)).differencesTo(new Transcript(List.of(PUT, other))))
                    .singleElement()
                    .asString()
                    .contains("step 2", GET.toString(), other.toString());
        }
    }

    @Test
    void aStepThatOneSideHasNotIsADifference() {
        Transcript longer = new Transcript(List.of(PUT, GET));
        Transcript shorter = new Transcript(List.of(PUT));
        assertThat(longer.differencesTo(shorter)).singleElement().asString().contains("no such step");
        assertThat(shorter.differencesTo(longer)).singleElement().asString().contains("no such step");
    }
}
