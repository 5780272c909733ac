package io.mandate.bench;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.mandate.bench", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule arrowsPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("bench")
            .definedBy("io.mandate.bench")
            .layer("work")
            .definedBy("io.mandate.bench.work")
            .layer("harness")
            .definedBy("io.mandate.bench.harness")
            .layer("report")
            .definedBy("io.mandate.bench.report")
            .layer("metric")
            .definedBy("io.mandate.bench.metric")
            .whereLayer("bench")
            .mayOnlyAccessLayers("work", "harness", "report", "metric")
            .whereLayer("work")
            .mayOnlyAccessLayers("harness", "metric")
            .whereLayer("harness")
            .mayOnlyAccessLayers("metric")
            .whereLayer("report")
            .mayOnlyAccessLayers("metric")
            .whereLayer("metric")
            .mayNotAccessAnyLayer();
}
