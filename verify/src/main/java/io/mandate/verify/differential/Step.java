package io.mandate.verify.differential;

import com.google.protobuf.Message;
import io.mandate.etcdapi.RangeRequest;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.election.LeaderRequest;

/**
 * One thing done to both servers. Lease ids in requests are common names, which each {@link Side} translates to its
 * server's ids.
 */
sealed interface Step {
    <R> R accept(Handler<R> handler);

    /** What is counted in the summary; a step with an empty kind asks the server nothing new. */
    String kind();

    /** A unary call, answered before the next step. */
    record Call(UnaryCall call, Message request) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.call(this);
        }

        @Override
        public String kind() {
            return call.name();
        }
    }

    /** A unary call that may block until later steps let it go on. */
    record Begin(String name, UnaryCall call, Message request) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.begin(this);
        }

        @Override
        public String kind() {
            return "blocking " + call.name();
        }
    }

    /** Waits for the answer to a {@link Begin}. */
    record Finish(String name) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.finish(this);
        }

        @Override
        public String kind() {
            return "";
        }
    }

    /** The client cancels the call of a {@link Begin}. */
    record Abandon(String name) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.abandon(this);
        }

        @Override
        public String kind() {
            return "abandoned call";
        }
    }

    /** Repeats a count-only read until it gives this count: the one way to await what a server does by itself. */
    record AwaitCount(RangeRequest range, long count) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.awaitCount(this);
        }

        @Override
        public String kind() {
            return "";
        }
    }

    /** One renewal on the side's keep-alive stream. */
    record KeepAlive(long leaseId) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.keepAlive(this);
        }

        @Override
        public String kind() {
            return "LEASE_KEEP_ALIVE";
        }
    }

    /** Opens a watch stream and puts the sentinel's watcher on it. */
    record WatchOpen(int stream) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.watchOpen(this);
        }

        @Override
        public String kind() {
            return "WATCH_OPEN";
        }
    }

    /** Creates a watcher; the answer is the response that says created. */
    record WatchCreate(int stream, WatchCreateRequest request) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.watchCreate(this);
        }

        @Override
        public String kind() {
            return "WATCH_CREATE";
        }
    }

    /**
     * Cancels a watcher. Must follow a {@link WatchSync}, else which events are still delivered is chance. If there is
     * no such watcher, no answer is awaited: etcd gives none, and the journals show one that comes nevertheless.
     */
    record WatchCancel(int stream, long watchId) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.watchCancel(this);
        }

        @Override
        public String kind() {
            return "WATCH_CANCEL";
        }
    }

    /**
     * Asks for progress once. Whether an answer of exactly this revision came is compared at the next
     * {@link WatchSync}. Must follow a write, so that late answers to older questions cannot be taken for it.
     */
    record WatchProgress(int stream, long revision) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.watchProgress(this);
        }

        @Override
        public String kind() {
            return "WATCH_PROGRESS";
        }
    }

    /** Half-closes a watch stream; the answer is how the server ends it. */
    record WatchClose(int stream) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.watchClose(this);
        }

        @Override
        public String kind() {
            return "WATCH_CLOSE";
        }
    }

    /**
     * Writes the sentinel key and waits until every stream has delivered everything up to that write; then the journals
     * are compared.
     */
    record WatchSync() implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.watchSync(this);
        }

        @Override
        public String kind() {
            return "WATCH_SYNC";
        }
    }

    /** Opens an observation of an election. */
    record ObserveOpen(String name, LeaderRequest request) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.observeOpen(this);
        }

        @Override
        public String kind() {
            return "OBSERVE";
        }
    }

    /** Waits for the observation's next message, or for its end. */
    record ObserveNext(String name) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.observeNext(this);
        }

        @Override
        public String kind() {
            return "";
        }
    }

    /** The client cancels an observation; the answer holds the messages that nobody had waited for. */
    record ObserveClose(String name) implements Step {
        @Override
        public <R> R accept(Handler<R> handler) {
            return handler.observeClose(this);
        }

        @Override
        public String kind() {
            return "";
        }
    }

    /** One method per step. */
    interface Handler<R> {
        R call(Call step);

        R begin(Begin step);

        R finish(Finish step);

        R abandon(Abandon step);

        R awaitCount(AwaitCount step);

        R keepAlive(KeepAlive step);

        R watchOpen(WatchOpen step);

        R watchCreate(WatchCreate step);

        R watchCancel(WatchCancel step);

        R watchProgress(WatchProgress step);

        R watchClose(WatchClose step);

        R watchSync(WatchSync step);

        R observeOpen(ObserveOpen step);

        R observeNext(ObserveNext step);

        R observeClose(ObserveClose step);
    }
}
