import Cluster
import ClusterSimulation
import XCTest

/// Goal: no rule stands without need, and the checker sees what each is there for. Method: a node without it, in worlds that lean towards it, until the checker fails.
final class RulesTests: XCTestCase {
    func test_checker_withoutEachRule_fails() {
        for (name, rule) in Rules.names {
            // First the world that showed it last. A change of the node may make it another: then they are gone through, some hundred or thousand.
            XCTAssertNotNil(Self.found(without: rule, seeds: [Self.worlds[name] ?? 1] + (1...4_000)), "the checker has found nothing without \(name)")
        }
    }

    /// Seeds by which the checker fails without a rule, where the first does not do: what `till-simulate 1 4000 all` says. One that does no more costs time and nothing else.
    private static let worlds: [String: UInt64] = [
        "remoteFirst": 7, "swapLookup": 32, "holdInSwap": 2_012, "createOnly": 2, "replay": 14, "fence": 15, "logBase": 312, "vouching": 14, "caughtUp": 39, "freshWords": 11,
        "readProof": 2, "questionAge": 43, "removedStayOut": 15, "slotsStay": 89, "checkpointCounts": 3, "wholeSlots": 2, "sealing": 215, "promise": 646, "readFirst": 356,
    ]

    func test_names_areAllRules() {
        XCTAssertEqual(Rules.names.reduce(into: Rules()) { $0.insert($1.rule) }, .all)
        XCTAssertEqual(Set(Rules.names.map(\.name)).count, Rules.names.count)
    }

    private static func found(without rule: Rules, seeds: [UInt64]) -> String? {
        for seed in seeds {
            var simulation = Simulation(seed: seed, without: rule)
            if let words = simulation.run().violation { return words }
        }
        return nil
    }
}
