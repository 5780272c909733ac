package io.mandate.election.guard.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Carries an operation out: sends what it asks for, waits, and tells it the reply. Thread-safe. */
final class ObjectExchange {
    private final ObjectWire wire;
    private final Executor executor;

    ObjectExchange(ObjectWire wire, Executor executor) {
        this.wire = wire;
        this.executor = executor;
    }

    /** On the calling thread; only the exchange itself is on the client's. */
    <R> R run(ObjectOperation<R> operation) throws InterruptedException {
        Step<R> step = operation.begin(System.nanoTime());
        while (step instanceof Step.Send<R> send) {
            Reply reply;
            try {
                TimeUnit.NANOSECONDS.sleep(send.pauseNanos());
                reply = await(wire.send(send.request()));
            } catch (InterruptedException interrupted) {
                OutcomeUnknownException unknown = operation.givenUp().orElse(null);
                if (unknown == null) {
                    throw interrupted;
                }
                Thread.currentThread().interrupt();
                throw unknown;
            }
            step = operation.next(reply, System.nanoTime());
        }
        return ((Step.Done<R>) step).result();
    }

    static Reply await(CompletableFuture<Reply> sent) throws InterruptedException {
        try {
            return sent.get();
        } catch (InterruptedException interrupted) {
            sent.cancel(true);
            throw interrupted;
        } catch (ExecutionException defect) {
            throw new AssertionError(defect.getCause());
        }
    }

    /**
     * On the executor, one step at a time. Cancelling the future ends it; a write that is on its way may still take
     * effect.
     */
    <R> CompletableFuture<R> start(ObjectOperation<R> operation) {
        Running<R> running = new Running<>(operation);
        executor.execute(() -> running.advance(() -> operation.begin(System.nanoTime())));
        running.result.whenComplete((done, failure) -> running.stop());
        return running.result;
    }

    private final class Running<R> {
        private final ObjectOperation<R> operation;
        private final CompletableFuture<R> result = new CompletableFuture<>();
        private volatile @Nullable CompletableFuture<Reply> sent;

        Running(ObjectOperation<R> operation) {
            this.operation = operation;
        }

        void advance(Supplier<Step<R>> next) {
            if (result.isDone()) {
                return;
            }
            try {
                Step<R> step = next.get();
                if (step instanceof Step.Send<R> send) {
                    CompletableFuture.delayedExecutor(send.pauseNanos(), TimeUnit.NANOSECONDS, executor)
                            .execute(() -> send(send.request()));
                } else {
                    result.complete(((Step.Done<R>) step).result());
                }
            } catch (RuntimeException | Error failure) {
                result.completeExceptionally(failure);
            }
        }

        private void send(ObjectRequest request) {
            if (result.isDone()) {
                return;
            }
            try {
                CompletableFuture<Reply> reply = wire.send(request);
                sent = reply;
                reply.whenCompleteAsync(
                        (answer, defect) -> {
                            if (defect == null) {
                                advance(() -> operation.next(answer, System.nanoTime()));
                            } else {
                                result.completeExceptionally(defect);
                            }
                        },
                        executor);
                if (result.isDone()) {
                    stop();
                }
            } catch (RuntimeException | Error failure) {
                result.completeExceptionally(failure);
            }
        }

        void stop() {
            CompletableFuture<Reply> reply = sent;
            if (reply != null) {
                reply.cancel(true);
            }
        }
    }
}
