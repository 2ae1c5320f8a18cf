import Foundation
import TestSupport

// Built by script/fuzz, this program is driven by libFuzzer, which has its own `main` and calls the function at the end. Built as the rest,
// it mutates by itself:
//   till-fuzz                                        lists the doors
//   till-fuzz DOOR FILE…                             reads these inputs: a finding again
//   till-fuzz DOOR --seconds N [--seed S] [--last F] what is kept, seeds, then mutations; F holds the input at hand when the process ends
//   till-fuzz DOOR --words FILE                      writes the door's words there, as libFuzzer reads a dictionary
//   till-fuzz DOOR --seeds FOLDER                    writes the seeds and the corpus there, for libFuzzer to begin with

struct FuzzError: Error, CustomStringConvertible {
    let description: String
}

extension Door {
    static func named(_ name: String) throws -> Door {
        guard let door = all.first(where: { $0.name == name }) else {
            throw FuzzError(description: "no door \(name): there are \(all.map(\.name).joined(separator: ", "))")
        }
        return door
    }

    /// Whether the input was taken, not refused.
    @discardableResult
    func read(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            try fuzz(bytes)
            return true
        } catch {
            return false
        }
    }

    /// The seeds, and before them what is kept in the tree.
    func corpus() throws -> [[UInt8]] { try kept() + seeds() }

    /// Findings that were mended.
    func kept() throws -> [[UInt8]] {
        let folder = Project.root.appendingPathComponent("Tests/Fuzzing/Corpus/\(name)")
        var inputs: [[UInt8]] = []
        if FileManager.default.fileExists(atPath: folder.path) {
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                inputs.append([UInt8](try Data(contentsOf: folder.appendingPathComponent(file))))
            }
        }
        return inputs
    }
}

/// The input at hand, in a file's memory: it is there when the process has ended by a trap.
private final class LastInput {
    private let memory: UnsafeMutableRawBufferPointer
    private static let byteCountMax = 1 << 24

    init(path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(Self.byteCountMax)) == 0,
            let start = mmap(nil, Self.byteCountMax, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED
        else { throw FuzzError(description: "cannot make \(path)") }
        memory = UnsafeMutableRawBufferPointer(start: start, count: Self.byteCountMax)
    }

    /// The count first, in 8 bytes.
    func keep(_ bytes: UnsafeRawBufferPointer) {
        let count = min(bytes.count, Self.byteCountMax - 8)
        memory.storeBytes(of: Int64(count), as: Int64.self)
        memory[8..<8 + count].copyBytes(from: bytes[..<count])
    }
}

enum FuzzDriver {
    /// What an input may take: past it memory is refused, which ends the process as a trap does.
    #if DEBUG
        // Threads of debug builds have stacks of 64 MiB, which count whether they are used or not.
        private static let memoryByteCountMax: UInt = 12 << 30
    #else
        private static let memoryByteCountMax: UInt = 3 << 30
    #endif
    /// An input that takes so long never ends.
    private static let secondsMax: UInt32 = 60

    static func run(_ arguments: [String]) throws {
        guard let name = arguments.first else { return print(Door.all.map(\.name).joined(separator: "\n")) }
        let door = try Door.named(name)
        var options: [String: String] = [:]
        var files: [String] = []
        var rest = arguments.dropFirst()
        while let word = rest.popFirst() {
            if word.hasPrefix("--") { options[word] = rest.popFirst() ?? "" } else { files.append(word) }
        }
        var limit = rlimit(rlim_cur: rlim_t(memoryByteCountMax), rlim_max: rlim_t(memoryByteCountMax))
        guard setrlimit(__rlimit_resource_t(2), &limit) == 0 else { throw FuzzError(description: "cannot bound the memory") }  // RLIMIT_DATA
        if let folder = options["--seeds"] { return try writeSeeds(door, folder) }
        if let file = options["--words"] { return try writeWords(door, file) }
        for file in files {
            let wasTaken = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file))).withUnsafeBytes { door.read($0) }
            print("\(file): \(wasTaken ? "taken" : "refused")")
        }
        if let seconds = options["--seconds"].flatMap(Double.init) {
            try mutate(door, seconds: seconds, seed: options["--seed"].flatMap { UInt64($0) } ?? 1, last: options["--last"])
        }
    }

    private static func writeSeeds(_ door: Door, _ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (index, bytes) in try door.corpus().enumerated() {
            try Data(bytes).write(to: URL(fileURLWithPath: folder).appendingPathComponent("seed-\(index)"))
        }
    }

    private static func writeWords(_ door: Door, _ file: String) throws {
        let lines = door.words().map { word in
            "\"" + word.utf8.map { byte in
                byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C ? String(Unicode.Scalar(byte)) : "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined() + "\"\n"
        }
        try lines.joined().write(toFile: file, atomically: true, encoding: .utf8)
    }

    /// So many times as long as mutations seeds may take. Doors that make a store of each, or run each to its bounds, would take a minute for all of theirs: they read some, which another
    /// seed of chance draws anew, and mutations are of all.
    private static let seedShare = 6.0
    /// So many mutations are read at such a door within two thirds of that, where another has thousands; the least of them however long each takes.
    private static let (mutationCount, mutationCountMin, mutationShare) = (64, 4, 4.0)

    private static func mutate(_ door: Door, seconds: Double, seed: UInt64, last: String?) throws {
        let last = try last.map { try LastInput(path: $0) }
        let (kept, seeds) = (try door.kept(), try door.seeds())
        let corpus = kept + seeds
        var mutator = Mutator(random: SplitMix64(state: seed), words: door.words().map { Array($0.utf8) })
        var counts = (total: 0, taken: 0)
        func read(_ input: [UInt8]) {
            input.withUnsafeBytes { bytes in
                last?.keep(bytes)
                alarm(secondsMax)
                counts.total += 1
                if door.read(bytes) { counts.taken += 1 }
            }
        }
        for input in kept { read(input) }
        // What reading seeds takes counts.
        let start = Date()
        for input in seeds.shuffled(using: &mutator.random) {
            read(input)
            if Date().timeIntervalSince(start) > Self.seedShare * seconds { break }
        }
        let (seedsEnd, seedCount) = (Date(), counts.total)
        func isOver(_ mutated: Int) -> Bool {
            if mutated < Self.mutationCountMin { return false }
            if Date().timeIntervalSince(start) < seconds { return false }
            return mutated >= Self.mutationCount || Date().timeIntervalSince(seedsEnd) > Self.mutationShare * seconds
        }
        repeat { read(mutator.next(from: corpus)) } while !isOver(counts.total - seedCount)
        alarm(0)
        print("\(door.name): \(counts.total) inputs, \(counts.total - seedCount) of them mutations, \(counts.taken) taken, seed \(seed)")
    }
}

#if LIBFUZZER
    private let doorOfLibFuzzer: Door = {
        do {
            return try Door.named(ProcessInfo.processInfo.environment["TILL_FUZZ_DOOR"] ?? "")
        } catch {
            print("TILL_FUZZ_DOOR: \(error)")
            exit(2)
        }
    }()

    @_cdecl("LLVMFuzzerTestOneInput")
    public func fuzzOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> Int32 {
        doorOfLibFuzzer.read(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
#else
    @main
    struct Main {
        static func main() {
            do {
                try FuzzDriver.run(Array(CommandLine.arguments.dropFirst()))
            } catch {
                print("till-fuzz: \(error)")
                exit(2)
            }
        }
    }
#endif
