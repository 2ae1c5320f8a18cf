import Cluster
import ClusterSimulation
import Foundation
import XCTest

/// Goal: nothing acknowledged is lost or doubled, nobody leads beside another, and the cluster comes back, whatever fails. Method: simulated worlds, each from its seed
/// (`Tests/ClusterSimulation`). Ten thousand of them in CI (`TILL_CLUSTER_SEEDS`), and by hand a million with `till-simulate 1 1000000` of a release build.
final class SimulationTests: XCTestCase {
    func test_cluster_inManyWorlds_keepsWhatItAcknowledged() {
        let count = ProcessInfo.processInfo.environment["TILL_CLUSTER_SEEDS"].flatMap { UInt64($0) } ?? 300
        var total = Simulation.Report()
        for seed in 1...max(1, count) {
            var simulation = Simulation(seed: seed)
            let report = simulation.run()
            XCTAssertNil(report.violation, "seed \(seed): see it with till-simulate \(seed) 1")
            total.acknowledged += report.acknowledged
            total.reads += report.reads
            total.epochs += report.epochs
            total.checkpoints += report.checkpoints
            total.outages += report.outages
            (total.forgotten, total.unsure) = (total.forgotten + report.forgotten, total.unsure + report.unsure)
        }
        // Worlds in which nothing happens prove nothing.
        XCTAssertGreaterThan(total.acknowledged, Int(count) * 30)
        XCTAssertGreaterThan(total.reads, Int(count) * 10)
        XCTAssertGreaterThan(total.epochs, Int(count) * 3)
        XCTAssertGreaterThan(total.checkpoints, Int(count) / 10)
        XCTAssertGreaterThan(total.outages, Int(count) / 10)
        XCTAssertGreaterThan(total.forgotten, 0)
        XCTAssertGreaterThan(total.unsure, 0)
    }

    /// A letting in was under way, and was applied after both machines that it names had lost what they had: two losses, where the slots, by then, had none of it to give.
    func test_world_whileTheObjectIsAboutToNameTwo_takesOneDiskOfThemAtMost() {
        for seed in [706_721, 709_556] as [UInt64] {
            var simulation = Simulation(seed: seed)
            XCTAssertNil(simulation.run().violation, "seed \(seed)")
        }
    }

    /// An empty machine had its records of a leader whose messages do not name the store, and that leader lost its disk: nobody led, since the object named one.
    func test_cluster_whoseRecordsAreOnAMachineThatDoesNotKnowWhose_comesBack() {
        var simulation = Simulation(seed: 774_416)
        XCTAssertNil(simulation.run().violation)
    }

    func test_cluster_ofOneSeed_isTheSameEachTime() {
        for seed in [3, 11, 29] as [UInt64] {
            var (first, second) = (Simulation(seed: seed), Simulation(seed: seed))
            let (one, other) = (first.run(), second.run())
            XCTAssertEqual(one.events, other.events)
            XCTAssertEqual(one.acknowledged, other.acknowledged)
            XCTAssertEqual(one.endedAt, other.endedAt)
        }
    }
}
