package import ColumnStore

/// Makes a machine of a definition, or says everything that is wrong with it.
///
/// 1. Reading goes on after a fault, so that all are reported at once; the result is a machine only without any.
/// 2. Each state gets its place before its scope's states are read, so that names are places at once, forwards too.
/// 3. Every member is asked for by somebody, or refused by name (`ObjectReader.finish`).
///
/// Definitions are in the Amazon States Language; `docs/decisions/0023-processes.md` says what was chosen where it leaves room.
package struct DefinitionReader {
    private let faults = FaultList()
    private let surroundings: DefinitionSurroundings
    private var scopes: [Machine.Scope] = []
    /// By place; nil until one is read, and for one with a fault.
    private var states: [StateDefinition?] = []
    /// Where each name stands, in whichever scope.
    private var places: [String: String] = [:]

    /// - Throws: `InvalidDefinition`.
    package static func read(_ text: [UInt8], _ surroundings: DefinitionSurroundings = .init()) throws(InvalidDefinition) -> Machine {
        guard text.count <= Machine.byteCountMax else {
            throw InvalidDefinition(faults: [.init(pointer: "", code: .tooLarge, message: "a definition of more than \(Machine.byteCountMax) bytes")])
        }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try ValueLimits.parse(text)
        } catch {
            throw InvalidDefinition(faults: [.init(pointer: "", code: .badValue, message: "no JSON: at byte \(error.offset): \(error.message)")])
        }
        return try read(value, surroundings)
    }

    /// - Throws: `InvalidDefinition`.
    package static func read(_ definition: JSONValue, _ surroundings: DefinitionSurroundings = .init()) throws(InvalidDefinition) -> Machine {
        var reader = DefinitionReader(surroundings)
        let machine = reader.machine(definition)
        guard let machine, reader.faults.faults.isEmpty else { throw InvalidDefinition(faults: reader.faults.faults) }
        return machine
    }

    private init(_ surroundings: DefinitionSurroundings) { self.surroundings = surroundings }

    /// The top level. Nil where nothing was made; what is wrong stands in `faults`.
    private mutating func machine(_ definition: JSONValue) -> Machine? {
        guard let object = ObjectReader(definition, at: "", faults) else { return nil }
        if let version = object.text("Version"), version != "1.0" { object.add(.notSupported, "Version", "Version is 1.0, not \(version)") }
        language(object)
        let comment = object.text("Comment")
        let timeout = object.integer("TimeoutSeconds", 1...99_999_999)
        let starts = StartReader(surroundings: surroundings).rules(object)
        _ = scope(object, depth: 0)
        object.finish("a state machine")
        let built = states.compactMap { $0 }
        // A state is missing only where there is a fault.
        guard built.count == states.count, !scopes.isEmpty else { return nil }
        return Machine(scopes: scopes, states: built, comment: comment, timeoutSeconds: timeout, starts: starts, readsItems: faults.readsItems)
    }

    /// JSONPath alone: of a machine, and of each state that says so itself.
    private func language(_ object: ObjectReader) {
        if let language = object.text("QueryLanguage"), language != "JSONPath" {
            object.add(.notSupported, "QueryLanguage", "QueryLanguage is JSONPath, not \(language)")
        }
    }

    /// `StartAt` and `States`: of a machine, a branch, an iteration.
    ///
    /// - Returns: the scope's place.
    mutating func scope(_ object: ObjectReader, depth: Int) -> Int? {
        let start = object.text("StartAt", isRequired: true)
        guard let holder = object.object("States", isRequired: true) else { return nil }
        guard depth < Machine.scopeDepthMax else {
            object.add(.tooLarge, "States", "states nested deeper than \(Machine.scopeDepthMax)")
            return nil
        }
        let names = holder.names
        if names.isEmpty { object.add(.badValue, "States", "States has at least one state") }
        guard states.count + names.count <= Machine.stateCountMax else {
            object.add(.tooLarge, "States", "more than \(Machine.stateCountMax) states")
            return nil
        }
        // All names first, then the states: one may lead to another that stands behind it.
        let first = states.count
        var own: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            if name.isEmpty || name.unicodeScalars.count > Machine.nameLengthMax {
                holder.add(.badValue, name, "a state's name has 1 to \(Machine.nameLengthMax) characters")
            }
            if let other = places[name] { holder.add(.duplicateState, name, "there is another state \(name) at \(other)") }
            places[name] = holder.place(name)
            own[name] = first + index
            states.append(nil)
        }
        let place = scopes.count
        let startAt = start.flatMap { own[$0] }
        if let start, startAt == nil { object.add(.unknownState, "StartAt", "there is no state \(start) in this scope") }
        scopes.append(Machine.Scope(startAt: startAt ?? first, states: first..<first + names.count))
        for (index, name) in names.enumerated() {
            guard let value = holder.value(name), let reader = ObjectReader(value, at: holder.place(name), faults) else { continue }
            language(reader)
            let kind = kind(reader, states: own, depth: depth)
            guard let kind else { continue }
            states[first + index] = state(reader, name: name, scope: place, states: own, kind)
        }
        return place
    }

    /// What all states have, around what is their own. A Fail has no paths, and ends by itself; Choice and Succeed have no `Next`.
    private func state(_ reader: ObjectReader, name: String, scope: Int, states: [String: Int], _ kind: StateDefinition.Kind) -> StateDefinition {
        _ = reader.text("Comment")
        var next: StateDefinition.Next?
        var (input, output) = (DataPath.path(.whole), DataPath.path(.whole))
        switch kind {
        case .fail: break
        case .choice, .succeed:
            input = reader.dataPath("InputPath")
            output = reader.dataPath("OutputPath")
        case .task, .pass, .wait, .parallel, .map:
            input = reader.dataPath("InputPath")
            output = reader.dataPath("OutputPath")
            next = NextReader(object: reader, states: states).next()
        }
        reader.finish("a \(reader.value("Type")?.text ?? "") state")
        return StateDefinition(name: name, scope: scope, next: next, inputPath: input, outputPath: output, kind: kind)
    }

    /// What is a state's own by its `Type`. Scopes within it are read on the way, so that they stand behind it in `Machine.scopes`.
    private mutating func kind(_ reader: ObjectReader, states: [String: Int], depth: Int) -> StateDefinition.Kind? {
        guard let type = reader.text("Type", isRequired: true) else { return nil }
        let builder = StateReader(object: reader, states: states, tasks: surroundings.tasks)
        switch type {
        case "Task": return builder.task()
        case "Pass": return builder.pass()
        case "Wait": return builder.wait()
        case "Succeed": return .succeed
        case "Fail": return builder.fail()
        case "Choice":
            let branches = ChoiceReader(states: states, faults: faults).branches(reader)
            return .choice(branches, otherwise: NextReader(object: reader, states: states).target("Default"))
        case "Parallel":
            var scopes: [Int] = []
            for (index, branch) in (reader.array("Branches", isRequired: true) ?? []).enumerated() {
                guard let object = ObjectReader(branch, at: "\(reader.place("Branches"))/\(index)", faults) else { continue }
                _ = object.value("Comment")
                if let place = scope(object, depth: depth + 1) { scopes.append(place) }
                object.finish("a branch")
            }
            if reader.array("Branches")?.isEmpty == true { reader.add(.badValue, "Branches", "Branches has at least one branch") }
            return .parallel(branches: scopes, parameters: reader.template("Parameters"), builder.handling())
        case "Map":
            // Without an iteration there is a fault; what else is wrong is said all the same.
            return builder.map(scope: iteration(reader, depth: depth) ?? 0)
        default:
            reader.add(.badValue, "Type", "there is no state of type \(type): Task, Pass, Choice, Wait, Parallel, Map, Succeed, Fail")
            return nil
        }
    }

    /// `ItemProcessor`, or `Iterator` as it was called before.
    private mutating func iteration(_ reader: ObjectReader, depth: Int) -> Int? {
        reader.refuseBoth("ItemProcessor", "Iterator")
        let name = reader.has("Iterator") && !reader.has("ItemProcessor") ? "Iterator" : "ItemProcessor"
        _ = reader.value("Iterator")
        guard let object = reader.object(name, isRequired: true) else { return nil }
        if let config = object.object("ProcessorConfig") {
            // Both run here alike: nothing is handed to another machine.
            if let mode = config.text("Mode"), mode != "INLINE", mode != "DISTRIBUTED" { config.add(.badValue, "Mode", "Mode is INLINE or DISTRIBUTED, not \(mode)") }
            if let type = config.text("ExecutionType"), type != "STANDARD", type != "EXPRESS" {
                config.add(.badValue, "ExecutionType", "ExecutionType is STANDARD or EXPRESS, not \(type)")
            }
            config.finish("ProcessorConfig")
        }
        _ = object.value("Comment")
        defer { object.finish("an iteration") }
        return scope(object, depth: depth + 1)
    }
}
