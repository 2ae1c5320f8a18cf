package import ColumnStore

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
        case pass(parameters: Template?, result: JSONValue?, resultPath: ResultPath)
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

package enum FailText: Sendable, Equatable {
    case text(String)
    case expression(Expression)
}

/// A number that is said, or found in the data.
package enum Amount: Sendable, Equatable {
    case number(Int64)
    case path(Path)
}

package struct TaskDefinition: Sendable, Equatable {
    package let resource: Resource
    package let parameters: Template?
    package let timeout: Amount?
    package let heartbeat: Amount?
    package let handling: ErrorHandling
}

package enum WaitDefinition: Sendable, Equatable {
    case seconds(Amount)
    /// Microseconds since 1970.
    case until(Int64)
    case untilPath(Path)
}

package struct MapDefinition: Sendable, Equatable {
    /// Of one iteration.
    package let scope: Int
    package let itemsPath: Path
    package let itemSelector: Template?
    package let reader: ItemReader?
    package let batcher: ItemBatcher?
    /// 0: as many as there is room for.
    package let maxConcurrency: Amount
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
