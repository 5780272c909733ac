package io.mandate.server.etcd.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class WaitingCallsTest {
    @Test
    void aCallBeyondTheLimitIsRefusedUntilAnotherOneIsDone() {
        WaitingCalls calls = new WaitingCalls(2);
        CompletableFuture<String> first = new CompletableFuture<>();
        CompletableFuture<String> second = new CompletableFuture<>();
        assertThat(calls.admit(first)).isTrue();
        assertThat(calls.admit(second)).isTrue();

        CompletableFuture<String> third = new CompletableFuture<>();
        assertThat(calls.admit(third)).isFalse();
        assertThat(third).isCompletedExceptionally();
        assertThat(third.handle((done, failure) -> Recipes.toUnknown(failure)).join())
                .hasMessage("UNKNOWN: etcdserver: too many requests");

        first.cancel(false);
        assertThat(calls.admit(new CompletableFuture<>())).isTrue();
        assertThat(calls.admit(new CompletableFuture<>())).isFalse();
    }
}
