package import ColumnStore

/// One state, its texts compiled: names are places, paths and templates are read.
package struct StateDefinition: Sendable, Equatable {
    package let name: String
    /// Its place in `Machine.scopes`.
    package let scope: Int
    /// nil of Choice, Succeed and Fail.
    package let next: Next?
    package let inputPath: DataPath
    package let outputPath: DataPath
    package let kind: Kind

    package enum Next: Sendable, Equatable {
        /// Its place in `Machine.states`.
        case state(Int)
        case end
    }

    package indirect enum Kind: Sendable, Equatable {
        case task(TaskDefinition)
        /// `Result` takes the place of what `Parameters` gives.
        case pass(parameters: Template?, result: JSONValue?, resultPath: ResultPath)
        /// Without a state to go on with otherwise it fails where no rule holds.
        case choice([ChoiceBranch], otherwise: Int?)
        case wait(WaitDefinition)
        /// The scopes of its branches.
        case parallel(branches: [Int], parameters: Template?, ErrorHandling)
        case map(MapDefinition)
        case succeed
        case fail(error: FailText?, cause: FailText?)
    }

    /// What retries and catches; nil of states that do neither.
    package var handling: ErrorHandling? {
        switch kind {
        case .task(let task): task.handling
        case .parallel(_, _, let handling): handling
        case .map(let map): map.handling
        case .pass, .choice, .wait, .succeed, .fail: nil
        }
    }
}

/// Where a result is put into the state's input.
package enum ResultPath: Sendable, Equatable {
    /// Of null: nowhere, the input goes on.
    case discarded
    case place(Path)
}

/// `Error` or `Cause`: said, or found in the data (`ErrorPath`, `CausePath`).
package enum FailText: Sendable, Equatable {
    case text(String)
    case expression(Expression)
}

/// A number that is said, or found in the data.
package enum Amount: Sendable, Equatable {
    case number(Int64)
    case path(Path)
}

/// `timeout` and `heartbeat` are in seconds, 1 to 99,999,999; nil waits as long as the execution lasts.
package struct TaskDefinition: Sendable, Equatable {
    package let resource: Resource
    package let parameters: Template?
    package let timeout: Amount?
    package let heartbeat: Amount?
    package let handling: ErrorHandling
}

/// Until when a Wait waits. An instant that has passed is no wait.
package enum WaitDefinition: Sendable, Equatable {
    case seconds(Amount)
    /// Microseconds since 1970.
    case until(Int64)
    case untilPath(Path)
}

/// A Map over `itemsPath` of its input, or over what `reader` gives.
package struct MapDefinition: Sendable, Equatable {
    /// Of one iteration.
    package let scope: Int
    package let itemsPath: Path
    package let itemSelector: Template?
    package let reader: ItemReader?
    package let batcher: ItemBatcher?
    /// 0: as many as there is room for.
    package let maxConcurrency: Amount
    /// With neither this nor a percentage the first iteration that fails ends the Map.
    package let toleratedCount: Amount?
    /// Of 100.
    package let toleratedPercentage: Percentage?
    package let handling: ErrorHandling

    package enum Percentage: Sendable, Equatable {
        case number(Double)
        case path(Path)
    }
}

/// Where items come from that are not in the state's input.
package struct ItemReader: Sendable, Equatable {
    package let resource: Resource
    package let parameters: Template?
    package let maxItems: Amount?
}

/// Items by the batch: each iteration gets `{"BatchInput": …, "Items": […]}`.
package struct ItemBatcher: Sendable, Equatable {
    package let maxItems: Amount?
    package let maxBytes: Amount?
    package let input: Template?
}
