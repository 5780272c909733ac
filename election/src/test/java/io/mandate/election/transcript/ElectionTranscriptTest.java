package io.mandate.election.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The state machines do exactly what the transcripts say. A transcript has comments ({@code #}), commands ({@code >})
 * and, below each command, the events (<-) and effects (->) that follow, with the time in milliseconds. To write the
 * files anew after a deliberate change: {@code mvn -pl election test -Dtest=ElectionTranscriptTest
 * -Dtranscripts.rewrite=true}, and read the difference.
 *
 * <pre>
 * host NAME [PRIORITY]     a process with a candidate
 * NAME campaign            the candidate is to lead
 * NAME resign              the candidate is not to lead any more
 * NAME returns             the work of the term returns, done
 * NAME yields              the work of the term returns, not done
 * NAME overdue             the drain timeout has passed
 * NAME pauses, resumes     the process stands still, or goes on
 * NAME is cut off, is back the network to the store is interrupted, or back
 * NAME loses REQUEST       the next Grant, Renew, Enter, Look, Remove or Revoke takes effect, but its answer is lost
 * hide renewals            from now on, those that are answered in time
 * run MILLIS               time passes
 * </pre>
 */
class ElectionTranscriptTest {
    private static final Path FILES = Path.of("src", "test", "resources", "transcripts");

    private static final Pattern RENEWAL = Pattern.compile(" (-> Renew|<- Renewed|-> Extended) ");

    private final Timeline time = new Timeline();
    private final StringBuilder output = new StringBuilder();
    private final TranscriptStore store = new TranscriptStore(time, this::log);
    private final Map<String, TranscriptHost> hosts = new TreeMap<>();
    private boolean hidesRenewals;

    static Stream<Path> transcripts() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void theTranscriptIsPlayedAsItIsWritten(Path file) throws IOException {
        String expected = Files.readString(file);
        for (String line : expected.lines().toList()) {
            if (line.startsWith("#") || line.isBlank()) {
                output.append(line).append('\n');
            } else if (line.startsWith("> ")) {
                output.append(line).append('\n');
                command(List.of(line.substring(2).strip().split(" +", -1)));
            }
        }
        if (Boolean.getBoolean("transcripts.rewrite")) {
            Files.writeString(file, output);
        }
        assertThat(output.toString()).isEqualTo(Files.readString(file));
        assertThat(output).as("a transcript without a leader").contains("LEADS with token");
    }

    private void log(String line) {
        if (hidesRenewals && RENEWAL.matcher(line).find()) {
            return;
        }
        output.append(String.format("%7d %s%n", time.nowMillis(), line));
    }

    private void command(List<String> words) {
        switch (words.get(0)) {
            case "host" -> {
                int priority = words.size() > 2 ? Integer.parseInt(words.get(2)) : 0;
                String name = words.get(1);
                hosts.put(name, new TranscriptHost(name, hosts.size() + 1, priority, time, store, this::log));
            }
            case "hide" -> hidesRenewals = true;
            case "run" -> time.run(Long.parseLong(words.get(1)));
            default -> perform(host(words.get(0)), String.join(" ", words.subList(1, words.size())));
        }
    }

    private TranscriptHost host(String name) {
        TranscriptHost host = hosts.get(name);
        if (host == null) {
            throw new IllegalArgumentException("no host " + name + ": declare it by 'host " + name + "'");
        }
        return host;
    }

    private static void perform(TranscriptHost host, String command) {
        switch (command) {
            case "campaign" -> host.campaign();
            case "resign" -> host.resign();
            case "returns" -> host.workReturned(true);
            case "yields" -> host.workReturned(false);
            case "overdue" -> host.drainOverdue();
            case "pauses" -> host.pause();
            case "resumes" -> host.resume();
            case "is cut off" -> host.cutOff(true);
            case "is back" -> host.cutOff(false);
            default -> {
                if (!command.startsWith("loses ")) {
                    throw new IllegalArgumentException("unknown command: " + command);
                }
                host.loseAnswerOf(command.substring("loses ".length()));
            }
        }
    }
}
