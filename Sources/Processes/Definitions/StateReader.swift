internal import ColumnStore

/// Reads what is a state's own by its type.
///
/// Each function asks for the members of one kind of state. A fault leaves a definition with something in its place, which is never run: a machine with a fault
/// is not made.
struct StateReader {
    let object: ObjectReader
    /// Of the state's scope, by name.
    let states: [String: Int]
    var tasks = TaskVocabulary.any

    /// A bound on every number of seconds: three years.
    private static let secondsMax: Int64 = 99_999_999

    func handling() -> ErrorHandling { HandlingReader(object: object, states: states).handling() }

    /// `<name>`, or `<name>Path` with a path that gives one value. Nil where neither is there, and for a fault.
    private func amount(_ name: String, _ range: ClosedRange<Int64>) -> Amount? {
        object.refuseBoth(name, name + "Path")
        if let path = object.path(name + "Path", mustBeDefinite: true) {
            _ = object.value(name)
            return .path(path)
        }
        return object.integer(name, range).map(Amount.number)
    }

    /// - Returns: one of no kind where there is a fault.
    private func resource(_ object: ObjectReader, for use: ResourceKind.Use, _ what: String) -> Resource {
        guard let text = object.text("Resource", isRequired: true) else { return Resource(kind: "") }
        if let resource = Resource(text), tasks.has(resource, for: use) { return resource }
        object.add(.notSupported, "Resource", "no resource of \(what): \(text). There are \(tasks.forms(for: use))")
        return Resource(kind: "")
    }

    func task() -> StateDefinition.Kind {
        let resource = resource(object, for: .task, "a task")
        let timeout = amount("TimeoutSeconds", 1...Self.secondsMax)
        let heartbeat = amount("HeartbeatSeconds", 1...Self.secondsMax)
        if case .number(let seconds)? = timeout, case .number(let beat)? = heartbeat, beat >= seconds {
            object.add(.badValue, "HeartbeatSeconds", "HeartbeatSeconds is smaller than TimeoutSeconds")
        }
        return .task(TaskDefinition(resource: resource, parameters: object.template("Parameters"), timeout: timeout, heartbeat: heartbeat, handling: handling()))
    }

    func pass() -> StateDefinition.Kind {
        .pass(parameters: object.template("Parameters"), result: object.value("Result"), resultPath: HandlingReader.resultPath(object))
    }

    /// One of four ways to say until when.
    func wait() -> StateDefinition.Kind {
        let ways = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"].filter(object.has)
        if ways.count != 1 {
            let found = ways.isEmpty ? "none" : ways.joined(separator: ", ")
            object.faults.add(ways.isEmpty ? .missingMember : .badValue, object.pointer, "a Wait state has one of Seconds, SecondsPath, Timestamp, TimestampPath, not \(found)")
        }
        let seconds = amount("Seconds", 0...Self.secondsMax)
        let path = object.path("TimestampPath", mustBeDefinite: true)
        var instant: Int64?
        if let text = object.text("Timestamp") {
            instant = Timestamp.parse(text)
            if instant == nil { object.add(.badValue, "Timestamp", "Timestamp is as 2026-03-14T01:59:00Z, not \(text)") }
        }
        if let seconds { return .wait(.seconds(seconds)) }
        if let path { return .wait(.untilPath(path)) }
        return .wait(.until(instant ?? 0))
    }

    func fail() -> StateDefinition.Kind {
        .fail(error: failText("Error"), cause: failText("Cause"))
    }

    private func failText(_ name: String) -> FailText? {
        object.refuseBoth(name, name + "Path")
        if let expression = object.expression(name + "Path") {
            _ = object.value(name)
            return .expression(expression)
        }
        return object.text(name).map(FailText.text)
    }

    /// `Parameters` is what `ItemSelector` was called before.
    ///
    /// - Parameter scope: of the iteration, which is read already.
    func map(scope: Int) -> StateDefinition.Kind {
        object.refuseBoth("ItemSelector", "Parameters")
        let older = object.template("Parameters")
        let percentage: MapDefinition.Percentage?
        object.refuseBoth("ToleratedFailurePercentage", "ToleratedFailurePercentagePath")
        if let path = object.path("ToleratedFailurePercentagePath", mustBeDefinite: true) {
            percentage = .path(path)
        } else {
            percentage = object.number("ToleratedFailurePercentage", 0...100).map(MapDefinition.Percentage.number)
        }
        // For the service's console.
        _ = object.text("Label")
        if object.has("ItemReader"), object.has("ItemsPath") { object.add(.badValue, "ItemsPath", "ItemsPath and ItemReader exclude each other") }
        return .map(
            MapDefinition(
                scope: scope, itemsPath: object.path("ItemsPath") ?? .whole, itemSelector: object.template("ItemSelector") ?? older, reader: reader(), batcher: batcher(),
                maxConcurrency: amount("MaxConcurrency", 0...1_000_000) ?? .number(0), toleratedCount: amount("ToleratedFailureCount", 0...1_000_000_000),
                toleratedPercentage: percentage, handling: handling()))
    }

    private func reader() -> ItemReader? {
        guard let reader = object.object("ItemReader") else { return nil }
        defer { reader.finish("ItemReader") }
        let resource = resource(reader, for: .items, "an ItemReader")
        var maxItems: Amount?
        if let config = reader.object("ReaderConfig") {
            maxItems = StateReader(object: config, states: [:]).amount("MaxItems", 1...100_000_000)
            config.finish("ReaderConfig")
        }
        return ItemReader(resource: resource, parameters: reader.template("Parameters"), maxItems: maxItems)
    }

    /// With at least one of its two limits.
    private func batcher() -> ItemBatcher? {
        guard let reader = object.object("ItemBatcher") else { return nil }
        defer { reader.finish("ItemBatcher") }
        let amounts = StateReader(object: reader, states: [:])
        let items = amounts.amount("MaxItemsPerBatch", 1...100_000_000)
        let bytes = amounts.amount("MaxInputBytesPerBatch", 1...Int64(ValueLimits.byteCountMax))
        if items == nil, bytes == nil { reader.faults.add(.missingMember, reader.pointer, "an ItemBatcher has MaxItemsPerBatch or MaxInputBytesPerBatch") }
        return ItemBatcher(maxItems: items, maxBytes: bytes, input: reader.template("BatchInput"))
    }
}
