package io.mandate.election.internal.work;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The threads that the work of one owner runs on right now. Work that waits there for what comes after its own return
 * would wait for ever, and is refused instead. Work that has another thread wait for it is not seen. Thread-safe.
 */
public final class WorkThreads {
    private final String owner;
    private final Set<Thread> working = ConcurrentHashMap.newKeySet();

    /** @param owner whose work it is, for messages: {@code election billing} */
    public WorkThreads(String owner) {
        this.owner = owner;
    }

    /** Work begins on this thread; {@link #left} is to follow. */
    public void entered() {
        working.add(Thread.currentThread());
    }

    /** The work on this thread has returned. */
    public void left() {
        working.remove(Thread.currentThread());
    }

    /**
     * Returns unless work runs on this thread.
     *
     * @param call what waits for that work, for the message
     * @throws IllegalStateException if it does
     */
    public void requireOtherThread(String call) {
        if (working.contains(Thread.currentThread())) {
            throw new IllegalStateException("the work of " + owner + " called " + call
                    + ", which waits until that work has returned: call closeAsync() or resign() instead, do not wait"
                    + " for what they return, and return from the work");
        }
    }

    /**
     * A future that completes only when the work has returned: waiting for it on a thread of that work fails with an
     * {@link IllegalStateException}. So it is with all that depend on it.
     */
    public <V> CompletableFuture<V> afterWork() {
        return new AfterWork<>();
    }

    private final class AfterWork<V> extends CompletableFuture<V> {
        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return new AfterWork<>();
        }

        private void requireAnswer(String call) {
            if (!isDone()) {
                requireOtherThread(call);
            }
        }

        @Override
        public V get() throws InterruptedException, ExecutionException {
            requireAnswer("get()");
            return super.get();
        }

        @Override
        public V get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
            requireAnswer("get()");
            return super.get(timeout, unit);
        }

        @Override
        public V join() {
            requireAnswer("join()");
            return super.join();
        }
    }
}
