package io.mandate.election.internal.plan;

import io.mandate.election.internal.plan.Plan.Taker;
import io.mandate.election.store.LeaseStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * member host-7&lt;tab&gt;zone-a&lt;tab&gt;1
 * member host-8&lt;tab&gt;zone-b&lt;tab&gt;2&lt;tab&gt;full
 * remembered host-3
 * owners AAABABAAABAB
 * homes ..AC........
 * </pre>
 *
 * Members have their weights. Two letters for each partition number the names in their order, in base 64, or are dots
 * for nobody; there are no homes if each partition is at home. A text that would be too long is compressed:
 * {@code mandate-plan-1z}, a space, and zlib's format in base 64. What compresses it differently says the same.
 */
final class PlanText {
    static final int BYTES_MAX = LeaseStore.VALUE_BYTES_MAX;

    private static final String PLAIN = "mandate-plan-1";
    private static final String COMPRESSED = "mandate-plan-1z ";
    private static final String PARTITIONS = "partitions ";
    private static final String MEMBER = "member ";
    private static final String FULL = "full";
    private static final String REMEMBERED = "remembered ";
    private static final String OWNERS = "owners ";
    private static final String HOMES = "homes ";
    private static final String NOBODY = "..";
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /** More than the longest plan of names of a hundred bytes: what expands to more is none. */
    private static final int PLAIN_BYTES_MAX = 1 << 19;

    private PlanText() {}

    static String write(Plan plan) {
        String text = compressedIfLong(plain(plan, true));
        if (text.length() > BYTES_MAX) {
            text = compressedIfLong(plain(plan, false));
        }
        if (text.length() > BYTES_MAX) {
            throw new IllegalStateException("the " + plan + " is a text of " + text.length()
                    + " bytes even when compressed, more than " + BYTES_MAX
                    + ": give members and zones shorter names, or take fewer members or partitions");
        }
        return text;
    }

    private static String plain(Plan plan, boolean withHomes) {
        StringBuilder text = new StringBuilder(PLAIN).append('\n');
        text.append(PARTITIONS).append(plan.partitions()).append('\n');
        for (Taker taker : plan.takers()) {
            text.append(MEMBER).append(taker.name()).append('\t').append(taker.zone());
            text.append('\t')
                    .append(taker.weight())
                    .append(taker.full() ? "\t" + FULL : "")
                    .append('\n');
        }
        if (withHomes) {
            plan.remembered()
                    .forEach(name -> text.append(REMEMBERED).append(name).append('\n'));
        }
        digits(text.append(OWNERS), plan.partitions(), plan::ownerAt);
        if (withHomes && hasHomes(plan)) {
            digits(text.append(HOMES), plan.partitions(), plan::homeAt);
        }
        return text.toString();
    }

    private static boolean hasHomes(Plan plan) {
        for (int partition = 0; partition < plan.partitions(); partition++) {
            if (plan.homeAt(partition) != Plan.NONE) {
                return true;
            }
        }
        return false;
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
        Lines lines = new Lines(plain);
        if (!lines.nextIs(PLAIN)) {
            throw new IllegalArgumentException("this is no plan of the kind " + PLAIN + ": '"
                    + plain.substring(0, Math.min(plain.length(), 40)) + "'");
        }
        int partitions = number(lines.next(PARTITIONS), Plan.PARTITIONS_MAX, "partitions");
        List<Taker> takers = new ArrayList<>();
        while (lines.has(MEMBER)) {
            takers.add(taker(lines.next(MEMBER)));
        }
        List<String> remembered = new ArrayList<>();
        while (lines.has(REMEMBERED)) {
            remembered.add(lines.next(REMEMBERED));
        }
        requireNames(takers, remembered);
        int[] owners = indices("owners", lines.next(OWNERS), partitions, takers.size());
        int[] homes = lines.has(HOMES)
                ? indices("homes", lines.next(HOMES), partitions, takers.size() + remembered.size())
                : filledWithNone(partitions);
        lines.requireEnd();
        return new Plan(takers, remembered, owners, homes);
    }

    private static Taker taker(String line) {
        String[] fields = line.split("\t", -1);
        boolean full = fields.length == 4 && fields[3].equals(FULL);
        if (fields.length != 3 && !full) {
            throw new IllegalArgumentException(
                    "the member '" + line + "' of the plan is not a name, a zone and a weight");
        }
        return new Taker(fields[0], fields[1], number(fields[2], PlanMember.WEIGHT_MAX, "weight"), full);
    }

    private static void requireNames(List<Taker> takers, List<String> remembered) {
        if (takers.size() > Members.MEMBERS_MAX || remembered.size() > PreviousOwners.REMEMBERED_MAX) {
            throw new IllegalArgumentException(
                    "the plan has " + takers.size() + " members and remembers " + remembered.size() + ", more than "
                            + Members.MEMBERS_MAX + " or " + PreviousOwners.REMEMBERED_MAX);
        }
        Set<String> names = new HashSet<>(remembered);
        String last = "";
        for (Taker taker : takers) {
            if (taker.name().compareTo(last) <= 0) {
                throw new IllegalArgumentException("the members of the plan are not in the order of their names: '"
                        + taker.name() + "' after '" + last + "'");
            }
            last = taker.name();
            names.add(last);
        }
        if (names.size() < takers.size() + remembered.size() || names.contains("")) {
            throw new IllegalArgumentException(
                    "the plan remembers a member twice, or one that is there, or one without a name");
        }
    }

    private static int number(String digits, int max, String what) {
        int number = digits.matches("\\d{1,6}") ? Integer.parseInt(digits) : 0;
        if (number < 1 || number > max) {
            throw new IllegalArgumentException(
                    "the " + what + " of the plan are '" + digits + "', which is no number from 1 to " + max);
        }
        return number;
    }

    private static int[] indices(String what, String digits, int partitions, int below) {
        if (digits.length() != NOBODY.length() * partitions) {
            throw new IllegalArgumentException("the " + what + " of the plan are " + digits.length()
                    + " letters and not two for each of " + partitions + " partitions");
        }
        int[] indices = new int[partitions];
        for (int partition = 0; partition < partitions; partition++) {
            char first = digits.charAt(2 * partition);
            char second = digits.charAt(2 * partition + 1);
            boolean nobody = first == '.' && second == '.';
            int high = DIGITS.indexOf(first);
            int low = DIGITS.indexOf(second);
            int index = high * DIGITS.length() + low;
            if (!nobody && (high < 0 || low < 0 || index >= below)) {
                throw new IllegalArgumentException("the " + what + " of the plan name '" + first + second
                        + "' for partition " + partition + ", which is nobody");
            }
            indices[partition] = nobody ? Plan.NONE : index;
        }
        return indices;
    }

    private static int[] filledWithNone(int length) {
        int[] none = new int[length];
        Arrays.fill(none, Plan.NONE);
        return none;
    }

    private static String compressedIfLong(String plain) {
        byte[] bytes = plain.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= BYTES_MAX) {
            return plain;
        }
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try {
            deflater.setInput(bytes);
            deflater.finish();
            byte[] compressed = new byte[2 * bytes.length];
            int length = deflater.deflate(compressed);
            return COMPRESSED + Base64.getEncoder().encodeToString(Arrays.copyOf(compressed, length));
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
                throw new IllegalArgumentException(
                        "the compressed plan is cut off, or longer than " + PLAIN_BYTES_MAX + " bytes");
            }
            return new String(plain, 0, length, StandardCharsets.UTF_8);
        } catch (DataFormatException damaged) {
            throw new IllegalArgumentException("the compressed plan is damaged: " + damaged.getMessage(), damaged);
        } finally {
            inflater.end();
        }
    }

    /** The lines of a text, one after another. */
    private static final class Lines {
        private final List<String> lines;
        private int at;

        Lines(String text) {
            lines = text.lines().toList();
        }

        boolean has(String keyword) {
            return at < lines.size() && lines.get(at).startsWith(keyword);
        }

        boolean nextIs(String line) {
            return at < lines.size() && lines.get(at++).equals(line);
        }

        /** What the next line says after its keyword. */
        String next(String keyword) {
            if (!has(keyword)) {
                throw new IllegalArgumentException(
                        "line " + (at + 1) + " of the plan does not say '" + keyword.strip() + "'");
            }
            return lines.get(at++).substring(keyword.length());
        }

        void requireEnd() {
            if (at < lines.size()) {
                throw new IllegalArgumentException(
                        "line " + (at + 1) + " of the plan, '" + lines.get(at) + "', is more than a plan has");
            }
        }
    }
}
