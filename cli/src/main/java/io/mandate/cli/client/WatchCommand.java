package io.mandate.cli.client;

import com.google.gson.JsonObject;
import io.mandate.cli.Bounds;
import io.mandate.cli.ExitCode;
import io.mandate.etcdapi.Event;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mandate watch}. */
@Command(
        name = "watch",
        description = {
            "Print every change of the keys as it happens, until interrupted.",
            "When the member it listens to goes away, or loses its leader, it says so on standard error and "
                    + "goes on where it",
            "was, with another member if one is named."
        },
        footer = {
            "",
            "Exit codes: 0 after --events; 2 wrong usage; 3 no store could be reached at the start, or what "
                    + "comes next has been",
            "            compacted away: then the revision at which the history begins now is named."
        },
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

    private long printed;

    @Override
    public Integer call() {
        Bounds.atLeast("--rev", revision, 0);
        Bounds.atLeast("--events", eventsMax, 1);
        PrintWriter err = spec.commandLine().getErr();
        try (StoreClient client = store.connect()) {
            new ResumingWatch(client, keys.range(), revision, notice -> err.println("mandate: " + notice))
                    .run(this::print);
            return ExitCode.OK;
        }
    }

    /** Prints an event, and says whether to go on. */
    private boolean print(Event event) {
        PrintWriter out = spec.commandLine().getOut();
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
        }
        printed++;
        // Nobody reads any more what cannot be written.
        return printed < eventsMax && !out.checkError();
    }
}
