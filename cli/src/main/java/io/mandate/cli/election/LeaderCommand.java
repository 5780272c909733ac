package io.mandate.cli.election;

import com.google.gson.JsonObject;
import io.mandate.cli.ExitCode;
import io.mandate.cli.SettingException;
import io.mandate.election.Election;
import io.mandate.election.Leader;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mandate leader}. */
@Command(
        name = "leader",
        description = "Say who leads an election, and with which token. Exit code 1 if nobody does.",
        mixinStandardHelpOptions = true)
public final class LeaderCommand implements Callable<Integer> {
    /** Of an observer nothing is renewed; this only says how often it looks. */
    private static final Duration OBSERVER_TTL = Duration.ofSeconds(2);

    @Spec
    private CommandSpec spec;

    @Mixin
    private ElectionStoreOptions store;

    @Option(names = "--watch", description = "Go on, and say who leads whenever that changes.")
    private boolean watch;

    @Option(names = "--json", description = "Print JSON, one object a line.")
    private boolean json;

    @Parameters(paramLabel = "NAME", description = "The election's name.")
    private String name;

    @Override
    public Integer call() throws Exception {
        try (OpenStore open = store.open(name);
                Election election = observer(open)) {
            if (watch) {
                election.observe(this::print);
                // Until this process is ended.
                new CountDownLatch(1).await();
            }
            Optional<Leader> leader = election.leader().get();
            print(leader);
            return leader.isPresent() ? ExitCode.OK : ExitCode.NO;
        }
    }

    private Election observer(OpenStore open) {
        try {
            return Election.on(open.store())
                    .name(name)
                    .ttl(OBSERVER_TTL)
                    .candidate("observer")
                    .join();
        } catch (IllegalArgumentException refused) {
            throw new SettingException(String.valueOf(refused.getMessage()));
        }
    }

    private void print(Optional<Leader> leader) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonObject object = new JsonObject();
            object.addProperty("election", name);
            leader.ifPresent(leads -> {
                object.addProperty("leader", leads.candidate());
                object.addProperty("token", leads.token());
            });
            out.println(object);
        } else {
            out.println(leader.map(leads -> leads.candidate() + " token " + leads.token())
                    .orElse("nobody"));
        }
        out.flush();
    }
}
