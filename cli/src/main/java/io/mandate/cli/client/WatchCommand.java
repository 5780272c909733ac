package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.mandate.cli.Bounds;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.Event;
import io.mandate.etcdapi.WatchCreateRequest;
import io.mandate.etcdapi.WatchRequest;
import io.mandate.etcdapi.WatchResponse;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate watch}. */
@Command(
        name = "watch",
        description = "Print every change of the keys as it happens, until interrupted.",
        mixinStandardHelpOptions = true)
public final class WatchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private StoreOptions store;

    @Mixin
    private Keys keys;

    @Option(names = "--rev", paramLabel = "REVISION", description = "Begin with what happened at this revision.")
    private long revision;

    @Option(names = "--events", paramLabel = "N", description = "End after so many events (default: never).")
    private long eventsMax = Long.MAX_VALUE;

    @Override
    public Integer call() throws InterruptedException {
        Bounds.atLeast("--rev", revision, 0);
        Bounds.atLeast("--events", eventsMax, 1);
        CompletableFuture<Integer> end = new CompletableFuture<>();
        try (StoreClient client = store.connect()) {
            StreamObserver<WatchRequest> requests =
                    client.watches().watch(new EventPrinter(spec.commandLine().getOut(), end));
            Keys.WireRange range = keys.range();
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(range.key())
                            .setRangeEnd(range.rangeEnd())
                            .setStartRevision(revision))
                    .build());
            return end.get();
        } catch (ExecutionException failed) {
            throw Status.fromThrowable(failed).asRuntimeException();
        }
    }

    private final class EventPrinter implements StreamObserver<WatchResponse> {
        private final PrintWriter out;
        private final CompletableFuture<Integer> end;
        private long printed;

        EventPrinter(PrintWriter out, CompletableFuture<Integer> end) {
            this.out = out;
            this.end = end;
        }

        @Override
        public void onNext(WatchResponse response) {
            if (response.getCanceled()) {
                end.completeExceptionally(Status.OUT_OF_RANGE
                        .withDescription(
                                response.getCompactRevision() > 0
                                        ? "revision " + revision + " is gone, history begins at "
                                                + response.getCompactRevision()
                                        : response.getCancelReason())
                        .asRuntimeException());
            }
            for (Event event : response.getEventsList()) {
                if (printed < eventsMax) {
                    print(event);
                    printed++;
                }
            }
            if (printed >= eventsMax) {
                end.complete(ExitCode.OK);
            }
        }

        private void print(Event event) {
            boolean put = event.getType() == Event.EventType.PUT;
            if (store.json) {
                JsonObject object = new JsonObject();
                object.addProperty("type", event.getType().name());
                object.add("kv", Printer.json(event.getKv()));
                Printer.json(out, object);
            } else {
                out.printf(
                        "%-8d %-6s %s%s%n",
                        event.getKv().getModRevision(),
                        put ? "put" : "delete",
                        Printer.text(event.getKv().getKey()),
                        put ? " = " + Printer.text(event.getKv().getValue()) : "");
                out.flush();
            }
        }

        @Override
        public void onError(Throwable failure) {
            end.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            end.completeExceptionally(Status.UNAVAILABLE
                    .withDescription("the store ended the watch")
                    .asRuntimeException());
        }
    }
}
