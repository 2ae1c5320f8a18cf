import Cluster
import ClusterSimulation
import Foundation

// till-simulate FIRST COUNT [RULE | all]: runs seeds by hand, one after the other. With a rule's name that rule is switched off, with "all" each in its turn, until the
// checker has found it. A single seed (COUNT 1) is told as it goes. Exit status 1: the checker has found something that it should not, or missed what it should.
/// Lines are written as they come: runs are long.
func say(_ words: String) { FileHandle.standardOutput.write(Data((words + "\n").utf8)) }

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count >= 2, let first = UInt64(arguments[arguments.startIndex]), let count = UInt64(arguments[arguments.startIndex + 1]), count > 0 else {
    say("till-simulate FIRST COUNT [RULE | all]")
    exit(2)
}
let name = arguments.count > 2 ? arguments[arguments.startIndex + 2] : nil
let rules = Rules.names.filter { name == "all" || name == $0.name }

if name != nil {
    var missed = 0
    for (name, rule) in rules {
        var found: (seed: UInt64, words: String)?
        for seed in first..<first + count {
            var simulation = Simulation(seed: seed, without: rule)
            if let words = simulation.run().violation {
                found = (seed, words)
                break
            }
        }
        if found == nil { missed += 1 }
        say("without \(name): \(found.map { "seed \($0.seed): \($0.words)" } ?? "nothing found")")
    }
    exit(missed == 0 ? 0 : 1)
}

let start = Date()
var total = Simulation.Report()
var violations = 0
for seed in first..<first + count {
    var simulation = Simulation(seed: seed)
    if count == 1 { simulation.trace = { say($0) } }
    let report = simulation.run()
    total.acknowledged += report.acknowledged
    total.epochs += report.epochs
    total.reads += report.reads
    total.events += report.events
    (total.forgotten, total.unsure) = (total.forgotten + report.forgotten, total.unsure + report.unsure)
    total.diverged += report.diverged
    total.outages += report.outages
    (total.vanished, total.founded) = (total.vanished + report.vanished, total.founded + report.founded)
    if let words = report.violation {
        violations += 1
        if violations <= 20 { say("seed \(seed): \(words)") }
    }
}
let seconds = Date().timeIntervalSince(start)
say("\(count) seeds in \(Int(seconds)) s: \(violations) violations, \(total.events) events, \(total.acknowledged) acknowledged, \(total.reads) reads, \(total.epochs) epochs, \(total.forgotten) messages with some forgotten, \(total.unsure) that left it open what is common, \(total.diverged) ended for that, \(total.vanished) objects lost, \(total.founded) made anew, \(total.outages) outages gone through")
exit(violations == 0 ? 0 : 1)
