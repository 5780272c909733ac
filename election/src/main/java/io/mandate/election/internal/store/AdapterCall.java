package io.mandate.election.internal.store;

import io.mandate.election.store.StoreException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes failed stages of everything else that an adapter may do instead of answering. */
final class AdapterCall {
    private AdapterCall() {}

    /**
     * Calls a method of an adapter. The stage fails as the adapter's does, or with what the method throws if that is a
     * refusal by contract, or else with an {@link IllegalStateException} that names the adapter's class and method.
     *
     * @param isAnswer what the stage may complete with
     */
    static <A> CompletionStage<A> ask(
            Object adapter,
            String method,
            Supplier<@Nullable CompletionStage<A>> call,
            Predicate<@Nullable A> isAnswer) {
        CompletableFuture<A> checked = new CompletableFuture<>();
        try {
            CompletionStage<A> answer = call.get();
            if (answer == null) {
                checked.completeExceptionally(fault(adapter, method, "returned null and no stage", null));
            } else {
                answer.whenComplete((value, failure) -> {
                    if (failure != null) {
                        checked.completeExceptionally(unwrapped(failure));
                    } else if (isAnswer.test(value)) {
                        checked.complete(value);
                    } else {
                        checked.completeExceptionally(fault(adapter, method, "answered " + describe(value), null));
                    }
                });
            }
        } catch (Throwable thrown) {
            checked.completeExceptionally(failureFor(adapter, method, thrown));
        }
        return checked;
    }

    private static Throwable failureFor(Object adapter, String method, Throwable thrown) {
        Throwable cause = unwrapped(thrown);
        return cause instanceof StoreException || cause instanceof IllegalArgumentException
                ? cause
                : fault(adapter, method, "threw " + cause, cause);
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private static String describe(@Nullable Object value) {
        return value == null ? "null" : "something that is no answer to what was asked, or has null in it";
    }

    static IllegalStateException fault(Object adapter, String method, String what, @Nullable Throwable cause) {
        return new IllegalStateException(
                adapter.getClass().getName() + "." + method + " " + what
                        + ": it has to return a stage that answers or fails; correct this adapter",
                cause);
    }
}
