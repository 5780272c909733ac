package io.mandate.election.partition.plan;

import io.mandate.election.partition.plan.Plan.Known;
import io.mandate.election.store.LeaseStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A plan as text.
 *
 * <pre>
 * mandate-plan-1
 * partitions 6
 * member host-7&lt;tab&gt;zone-a
 * member host-8&lt;tab&gt;zone-b
 * remembered host-3
 * owners AAABABAAABAB
 * homes ..AC........
 * </pre>
 *
 * Two letters for each partition number the names in their order, in base 64, or are dots for nobody. A text that would be too long is compressed: {@code mandate-plan-1z} and base 64.
 */
final class PlanText {
    static final int BYTES_MAX = LeaseStore.VALUE_BYTES_MAX;

    private static final String PLAIN = "mandate-plan-1";
    private static final String COMPRESSED = "mandate-plan-1z ";
    private static final String PARTITIONS = "partitions ";
    private static final String MEMBER = "member ";
    private static final String REMEMBERED = "remembered ";
    private static final String OWNERS = "owners ";
    private static final String HOMES = "homes ";
    private static final String NOBODY = "..";
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /** More than the longest plan: what unpacks to more is none. */
    private static final int PLAIN_BYTES_MAX = 1 << 20;

    private PlanText() {}

    static String write(Plan plan) {
        String plain = plain(plan);
        if (plain.getBytes(StandardCharsets.UTF_8).length <= BYTES_MAX) {
            return plain;
        }
        String compressed = COMPRESSED + compressed(plain);
        if (compressed.length() > BYTES_MAX) {
            throw new IllegalStateException(plan + " is a text of " + compressed.length() + " bytes, more than "
                    + BYTES_MAX + ": give the members shorter names, or take fewer members or partitions");
        }
        return compressed;
    }

    private static String plain(Plan plan) {
        StringBuilder text = new StringBuilder(PLAIN).append('\n');
        text.append(PARTITIONS).append(plan.partitions()).append('\n');
        for (int i = 0; i < plan.known().size(); i++) {
            Known known = plan.known().get(i);
            if (i < plan.takers()) {
                text.append(MEMBER).append(known.name()).append('\t').append(known.zone());
            } else {
                text.append(REMEMBERED).append(known.name());
            }
            text.append('\n');
        }
        digits(text.append(OWNERS), plan.partitions(), plan::ownerAt);
        digits(text.append(HOMES), plan.partitions(), plan::homeAt);
        return text.toString();
    }

    private static void digits(StringBuilder text, int count, IntUnaryOperator indexOf) {
        for (int partition = 0; partition < count; partition++) {
            int index = indexOf.applyAsInt(partition);
            if (index == Plan.NONE) {
                text.append(NOBODY);
            } else {
                text.append(DIGITS.charAt(index / DIGITS.length())).append(DIGITS.charAt(index % DIGITS.length()));
            }
        }
        text.append('\n');
    }

    static Plan read(String text) {
        String plain = text.startsWith(COMPRESSED) ? expanded(text.substring(COMPRESSED.length())) : text;
        List<String> lines = plain.lines().toList();
        if (lines.isEmpty() || !lines.get(0).equals(PLAIN)) {
            throw new IllegalArgumentException("this is no plan of the kind " + PLAIN + ": '"
                    + plain.substring(0, Math.min(plain.length(), 40)) + "'");
        }
        int partitions = 0;
        int takers = 0;
        List<Known> known = new ArrayList<>();
        String owners = "";
        String homes = "";
        for (String line : lines.subList(1, lines.size())) {
            if (line.startsWith(PARTITIONS)) {
                partitions = Integer.parseInt(line.substring(PARTITIONS.length()));
            } else if (line.startsWith(MEMBER)) {
                String[] fields = line.substring(MEMBER.length()).split("\t", -1);
                known.add(new Known(fields[0], fields.length > 1 ? fields[1] : ""));
                takers++;
            } else if (line.startsWith(REMEMBERED)) {
                known.add(new Known(line.substring(REMEMBERED.length()), ""));
            } else if (line.startsWith(OWNERS)) {
                owners = line.substring(OWNERS.length());
            } else if (line.startsWith(HOMES)) {
                homes = line.substring(HOMES.length());
            }
        }
        if (partitions < 1 || partitions > Plan.PARTITIONS_MAX) {
            throw new IllegalArgumentException(
                    "a plan of " + partitions + " partitions is not one of 1 to " + Plan.PARTITIONS_MAX);
        }
        return new Plan(
                known,
                takers,
                indices("owners", owners, partitions, takers),
                indices("homes", homes, partitions, known.size()));
    }

    private static int[] indices(String what, String digits, int partitions, int below) {
        if (digits.length() != NOBODY.length() * partitions) {
            throw new IllegalArgumentException("the " + what + " of the plan are " + digits.length()
                    + " letters and not two for each of " + partitions + " partitions");
        }
        int[] indices = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            String two = digits.substring(2 * partition, 2 * partition + 2);
            int index = two.equals(NOBODY)
                    ? Plan.NONE
                    : DIGITS.indexOf(two.charAt(0)) * DIGITS.length() + DIGITS.indexOf(two.charAt(1));
            if (index < Plan.NONE || index >= below || (index == Plan.NONE && !two.equals(NOBODY))) {
                throw new IllegalArgumentException("the " + what + " of the plan name '" + two + "' for partition "
                        + partition + ", which is nobody");
            }
            indices[partition] = index;
        }
        return indices;
    }

    private static String compressed(String plain) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            deflater.setInput(plain.getBytes(StandardCharsets.UTF_8));
            deflater.finish();
            byte[] bytes = new byte[PLAIN_BYTES_MAX];
            int length = deflater.deflate(bytes);
            return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes, length));
        } finally {
            deflater.end();
        }
    }

    private static String expanded(String compressed) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(Base64.getDecoder().decode(compressed));
            byte[] plain = new byte[PLAIN_BYTES_MAX];
            int length = inflater.inflate(plain);
            if (!inflater.finished()) {
                throw new IllegalArgumentException("the plan is cut off, or longer than " + PLAIN_BYTES_MAX + " bytes");
            }
            return new String(plain, 0, length, StandardCharsets.UTF_8);
        } catch (DataFormatException damaged) {
            throw new IllegalArgumentException("the plan cannot be expanded: " + damaged.getMessage(), damaged);
        } finally {
            inflater.end();
        }
    }
}
