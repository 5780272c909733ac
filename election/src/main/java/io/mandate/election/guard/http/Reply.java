package io.mandate.election.guard.http;

import org.jspecify.annotations.Nullable;

/** What came of a request. */
sealed interface Reply {
    <R> R handle(Handler<R> handler);

    /** The object was read. */
    record Found(Version version) implements Reply {
        @Override
        public <R> R handle(Handler<R> handler) {
            return handler.found(version);
        }
    }

    /** There is no such object. */
    record Missing() implements Reply {
        @Override
        public <R> R handle(Handler<R> handler) {
            return handler.missing();
        }
    }

    /**
     * It was written.
     *
     * @param etag null if the server did not say
     */
    record Stored(@Nullable String etag) implements Reply {
        @Override
        public <R> R handle(Handler<R> handler) {
            return handler.stored(etag);
        }
    }

    /** The write's condition did not hold, or another write was under way. */
    record ConditionFailed(int status) implements Reply {
        @Override
        public <R> R handle(Handler<R> handler) {
            return handler.conditionFailed(status);
        }
    }

    /** The server said no, for good, or said what cannot be used. This request wrote nothing. */
    record Refused(RuntimeException problem) implements Reply {
        @Override
        public <R> R handle(Handler<R> handler) {
            return handler.refused(problem);
        }
    }

    /**
     * There was no answer, or one that says nothing.
     *
     * @param maybeApplied whether a write may have taken effect, or may yet
     */
    record Lost(String why, @Nullable Throwable cause, boolean maybeApplied) implements Reply {
        @Override
        public <R> R handle(Handler<R> handler) {
            return handler.lost(this);
        }
    }

    /** One method for each. */
    interface Handler<R> {
        R found(Version version);

        R missing();

        R stored(@Nullable String etag);

        R conditionFailed(int status);

        R refused(RuntimeException problem);

        R lost(Lost lost);
    }
}
