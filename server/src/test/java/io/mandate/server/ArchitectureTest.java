package io.mandate.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.mandate.server", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule onlyTheRaftPackageUsesTheEngine = noClasses()
            .that()
            .resideOutsideOfPackage("io.mandate.server.raft..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.alipay..");

    @ArchTest
    static final ArchRule onlyTheApiPackagesUseGrpcAndItsMessages = noClasses()
            .that()
            .resideOutsideOfPackages("io.mandate.server.etcd..", "io.mandate.server.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.mandate.etcdapi..", "io.grpc..");

    @ArchTest
    static final ArchRule layersDependOnLowerLayersOnly = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("node")
            .definedBy("io.mandate.server")
            .layer("http")
            .definedBy("io.mandate.server.http")
            .layer("etcd")
            .definedBy("io.mandate.server.etcd..")
            .layer("watch")
            .definedBy("io.mandate.server.watch")
            .layer("lease")
            .definedBy("io.mandate.server.lease")
            .layer("raft")
            .definedBy("io.mandate.server.raft")
            .layer("transport")
            .definedBy("io.mandate.server.raft.transport")
            .layer("log")
            .definedBy("io.mandate.server.log")
            .whereLayer("log")
            .mayOnlyBeAccessedByLayers("raft")
            .whereLayer("node")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("node")
            .whereLayer("etcd")
            .mayOnlyBeAccessedByLayers("node")
            .whereLayer("watch")
            .mayOnlyBeAccessedByLayers("node", "etcd")
            .whereLayer("lease")
            .mayOnlyBeAccessedByLayers("node", "etcd")
            .whereLayer("raft")
            .mayOnlyBeAccessedByLayers("node", "http", "etcd", "watch", "lease")
            .whereLayer("transport")
            .mayOnlyBeAccessedByLayers("raft", "node");

    @ArchTest
    static final ArchRule arrowsOfTheEtcdApiPointDown = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("etcd")
            .definedBy("io.mandate.server.etcd")
            .layer("kv")
            .definedBy("io.mandate.server.etcd.kv")
            .layer("watch")
            .definedBy("io.mandate.server.etcd.watch")
            .layer("lease")
            .definedBy("io.mandate.server.etcd.lease")
            .layer("recipes")
            .definedBy("io.mandate.server.etcd.recipes")
            .layer("maintenance")
            .definedBy("io.mandate.server.etcd.maintenance")
            .layer("call")
            .definedBy("io.mandate.server.etcd.call")
            .whereLayer("etcd")
            .mayOnlyAccessLayers("kv", "watch", "lease", "recipes", "maintenance", "call")
            .whereLayer("kv")
            .mayOnlyAccessLayers("call")
            .whereLayer("watch")
            .mayOnlyAccessLayers("call")
            .whereLayer("lease")
            .mayOnlyAccessLayers("call")
            .whereLayer("recipes")
            .mayOnlyAccessLayers("call")
            .whereLayer("maintenance")
            .mayOnlyAccessLayers("call")
            .whereLayer("call")
            .mayNotAccessAnyLayer();
}
