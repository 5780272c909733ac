package io.mandate.keyspace;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/**
 * The state machine stays a function of its log: nothing in it can wait, read a clock, draw a random number or touch
 * the world.
 */
@AnalyzeClasses(packages = "io.mandate.keyspace", importOptions = ImportOption.DoNotIncludeTests.class)
class PurityTest {
    private static final Set<String> PACKAGES = Set.of(
            "io.mandate.keyspace",
            "io.mandate.keyspace.api",
            "io.mandate.keyspace.codec",
            "io.mandate.keyspace.dedup",
            "io.mandate.keyspace.index",
            "io.mandate.keyspace.snapshot",
            "io.mandate.keyspace.state",
            "java.lang",
            "java.lang.annotation",
            "java.lang.invoke",
            "java.lang.runtime",
            "java.nio.charset",
            "java.util",
            "java.util.function",
            "java.util.stream",
            "org.jspecify.annotations");

    private static final Set<String> CLASSES = Set.of(
            "java.nio.ByteBuffer",
            "java.nio.ByteOrder",
            "java.nio.BufferUnderflowException",
            "java.util.concurrent.ConcurrentHashMap",
            "java.util.concurrent.ConcurrentHashMap$KeySetView",
            "java.util.concurrent.ConcurrentNavigableMap",
            "java.util.concurrent.ConcurrentSkipListMap",
            "java.util.concurrent.ConcurrentSkipListSet",
            "java.util.concurrent.atomic.AtomicInteger",
            "java.util.concurrent.atomic.AtomicReferenceArray",
            "java.util.zip.CRC32C");

    @ArchTest
    static final ArchRule dependsOnlyOnWhatIsListed = classes()
            .should()
            .onlyDependOnClassesThat(new DescribedPredicate<>("are on the list") {
                @Override
                public boolean test(JavaClass target) {
                    JavaClass element = target.getBaseComponentType();
                    return element.isPrimitive()
                            || PACKAGES.contains(element.getPackageName())
                            || CLASSES.contains(element.getName());
                }
            });

    @ArchTest
    static final ArchRule startsNothingAndAsksNobody = noClasses()
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Object.class, "wait")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Random")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.UUID")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.Timer")
            .orShould()
            .callMethod(Math.class, "random");
}
