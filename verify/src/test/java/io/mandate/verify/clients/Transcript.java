package io.mandate.verify.clients;

import java.util.ArrayList;
import java.util.List;

/** What was typed and what was answered, in order, already normalised. */
record Transcript(List<Step> steps) {
    Transcript {
        steps = List.copyOf(steps);
    }

    /** One command. */
    record Step(String command, String stdin, String stdout, String stderr, String exitCode) {
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("$ etcdctl ").append(command).append('\n');
            stdin.lines().forEach(line -> text.append("< ").append(line).append('\n'));
            stdout.lines().forEach(line -> text.append("  ").append(line).append('\n'));
            stderr.lines().forEach(line -> text.append("! ").append(line).append('\n'));
            return text.append("= ").append(exitCode).append('\n').toString();
        }
    }

    long succeeded() {
        return steps.stream().filter(step -> step.exitCode().equals("0")).count();
    }

    /** Every step that is not the same in both, as both have it. */
    List<String> differencesTo(Transcript other) {
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < Math.max(steps.size(), other.steps.size()); i++) {
            String mine = i < steps.size() ? steps.get(i).toString() : "(no such step)\n";
            String theirs = i < other.steps.size() ? other.steps.get(i).toString() : "(no such step)\n";
            if (!mine.equals(theirs)) {
                differences.add("step " + (i + 1) + "\n--- expected\n" + mine + "--- actual\n" + theirs);
            }
        }
        return differences;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        steps.forEach(step -> text.append(step).append('\n'));
        return text.toString();
    }
}
