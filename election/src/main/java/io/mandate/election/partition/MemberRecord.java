package io.mandate.election.partition;

import io.mandate.election.internal.plan.PlanMember;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a member says of itself, as it stands in the store: fields apart by tabs, which none of them contains. */
record MemberRecord(int weight, int capacity, String zone, boolean draining, SortedMap<String, String> labels) {
    static final int WEIGHT_MAX = PlanMember.WEIGHT_MAX;
    static final int TEXT_BYTES_MAX = 100;
    static final int LABELS_MAX = 32;

    private static final String KIND = "mandate-member-1";
    private static final String LABEL = "label.";

    MemberRecord {
        if (weight < 1 || weight > WEIGHT_MAX) {
            throw new IllegalArgumentException("a weight of " + weight + " is not between 1 and " + WEIGHT_MAX
                    + ": it is compared with those of the other members; to take nothing, drain the member");
        }
        if (capacity < 1) {
            throw new IllegalArgumentException("a capacity of " + capacity
                    + " is not at least 1: say how many partitions the member can take, or nothing for any number");
        }
        if (labels.size() > LABELS_MAX) {
            throw new IllegalArgumentException(
                    labels.size() + " labels are more than " + LABELS_MAX + ": keep what others look for in one place");
        }
        requireText("zone", zone);
        labels.forEach((name, value) -> {
            requireText("name of a label", name);
            requireText("label " + name, value);
            if (name.isEmpty() || name.indexOf('=') >= 0) {
                throw new IllegalArgumentException(
                        "a label cannot be named '" + name + "': choose a name that is not empty and has no '='");
            }
        });
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    private static void requireText(String what, String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > TEXT_BYTES_MAX || text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("the " + what + " '" + text + "' is longer than " + TEXT_BYTES_MAX
                    + " bytes of UTF-8, or contains a control character: choose another one");
        }
    }

    MemberRecord draining(boolean drains) {
        return new MemberRecord(weight, capacity, zone, drains, labels);
    }

    PlanMember toPlan(String name, boolean drainedByOperator) {
        return new PlanMember(name, weight, capacity, zone, draining || drainedByOperator);
    }

    String text() {
        List<String> fields = new ArrayList<>();
        fields.add(KIND);
        fields.add("weight=" + weight);
        fields.add("capacity=" + capacity);
        fields.add("zone=" + zone);
        fields.add("draining=" + draining);
        labels.forEach((name, value) -> fields.add(LABEL + name + "=" + value));
        return String.join("\t", fields);
    }

    /**
     * Empty for another text: of a member that has not yet said anything, or of a later version's. Fields that say
     * nothing to this version are left out.
     */
    static Optional<MemberRecord> parse(String text) {
        String[] fields = text.split("\t", -1);
        if (!fields[0].equals(KIND)) {
            return Optional.empty();
        }
        Map<String, String> values = new TreeMap<>();
        for (String field : fields) {
            int at = field.indexOf('=');
            if (at > 0) {
                values.put(field.substring(0, at), field.substring(at + 1));
            }
        }
        SortedMap<String, String> labels = new TreeMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(LABEL)) {
                labels.put(name.substring(LABEL.length()), value);
            }
        });
        try {
            return Optional.of(new MemberRecord(
                    Integer.parseInt(values.getOrDefault("weight", "1")),
                    Integer.parseInt(values.getOrDefault("capacity", String.valueOf(Integer.MAX_VALUE))),
                    values.getOrDefault("zone", ""),
                    Boolean.parseBoolean(values.getOrDefault("draining", "false")),
                    labels));
        } catch (IllegalArgumentException unreadable) {
            return Optional.empty();
        }
    }
}
