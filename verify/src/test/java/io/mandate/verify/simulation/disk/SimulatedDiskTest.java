package io.mandate.verify.simulation.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimulatedDiskTest {
    private static final int CALLS = 3_000;
    private static final List<String> FILES = List.of("a", "b", "d/a", "d/b", "e/a", "e/b");
    private static final List<String> DIRECTORIES = List.of("d", "e");

    @TempDir
    private Path real;

    /** What a call answers, or which kind of failure. */
    private static String answer(Path root, long seed) {
        Random random = new Random(seed);
        Path file = any(root, FILES, random);
        Path otherFile = any(root, FILES, random);
        Path directory = any(root, DIRECTORIES, random);
        Path otherDirectory = any(root, DIRECTORIES, random);
        try {
            switch (random.nextInt(9)) {
                case 0 -> Files.createDirectory(directory);
                case 1 -> create(file, random.nextInt());
                case 2 -> {
                    return read(file);
                }
                case 3 -> Files.createLink(file, otherFile);
                case 4 -> Files.delete(file);
                case 5 -> Files.delete(directory);
                case 6 -> Files.move(file, otherFile, StandardCopyOption.ATOMIC_MOVE);
                case 7 -> Files.move(directory, otherDirectory, StandardCopyOption.ATOMIC_MOVE);
                default -> {
                    return list(directory);
                }
            }
            return "done";
        } catch (IOException failed) {
            return failed.getClass().getSimpleName();
        }
    }

    private static Path any(Path root, List<String> names, Random random) {
        return root.resolve(names.get(random.nextInt(names.size())));
    }

    private static void create(Path file, int content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(4).putInt(0, content));
        }
    }

    private static String read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer content = ByteBuffer.allocate((int) channel.size());
            channel.read(content);
            return String.valueOf(content.getInt(0));
        }
    }

    private static String list(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        return new TreeSet<>(names).toString();
    }

    @Test
    void answersAsARealDiskDoes() {
        Path simulated = new SimulatedDisk().getPath("/");
        for (long seed = 0; seed < CALLS; seed++) {
            assertThat(answer(simulated, seed)).as("call %d", seed).isEqualTo(answer(real, seed));
        }
    }
}
