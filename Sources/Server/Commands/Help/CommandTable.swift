/// Every command there is, in the order of the help. The help, the shells' completion and the manual are made of it.
enum CommandTable {
    static let all: [any Command.Type] = [
        ServeCommand.self, WitnessCommand.self, ClusterFoundCommand.self, ClusterStatusCommand.self, ClusterTransferCommand.self, ClusterRemoveCommand.self, ClusterJoinCommand.self, SQLCommand.self, ExportCommand.self, ImportCommand.self, CompactCommand.self, VerifyCommand.self, BackupCommand.self, RestoreCommand.self, RecoverCommand.self, MoveCommand.self, RebuildCommand.self, MigrateCommand.self,
        ContractListCommand.self, ContractShowCommand.self, ContractPutCommand.self, ContractDeleteCommand.self,
        KeyListCommand.self, KeyShowCommand.self, KeyCreateCommand.self, KeyDeleteCommand.self,
        TypeListCommand.self, TypeShowCommand.self, TypePutCommand.self, TypeDeleteCommand.self, TypeCheckCommand.self,
        RollupListCommand.self, RollupShowCommand.self, RollupPutCommand.self, RollupDeleteCommand.self, AdviseCommand.self,
        UploadListCommand.self, UploadShowCommand.self, UploadPutCommand.self, UploadErrorsCommand.self, UploadCancelCommand.self, UploadRevertCommand.self,
        ViewListCommand.self, ViewShowCommand.self, ViewPutCommand.self, ViewDeleteCommand.self,
        TicketListCommand.self, TicketShowCommand.self, QuarantineListCommand.self, QuarantineShowCommand.self, QuarantineDeleteCommand.self,
        DeadLetterListCommand.self, DeadLetterShowCommand.self, DeadLetterRedriveCommand.self, DeadLetterDeleteCommand.self, AuditListCommand.self, AuditShowCommand.self,
        QueueListCommand.self, QueueShowCommand.self, QueuePutCommand.self, QueueDeleteCommand.self, QueueSendCommand.self, QueueReceiveCommand.self,
        QueueDeadLettersCommand.self, QueueRedriveCommand.self, QueueDiscardCommand.self, QueuePurgeCommand.self,
        TopicListCommand.self, TopicShowCommand.self, TopicPutCommand.self, TopicDeleteCommand.self, TopicSubscribeCommand.self, TopicUnsubscribeCommand.self,
        TopicSubscriptionsCommand.self, TopicPublishCommand.self, TopicDeadLettersCommand.self, TopicRedriveCommand.self,
        JobListCommand.self, JobShowCommand.self, JobCancelCommand.self, ProcessListCommand.self, ProcessShowCommand.self, ProcessPutCommand.self,
        ProcessDeleteCommand.self, ProcessStartCommand.self, ProcessHistoryCommand.self, ProcessAbortCommand.self, ProcessRedriveCommand.self, ExecutionListCommand.self,
        ExecutionShowCommand.self, ConfigCheckCommand.self, HealthCommand.self, InspectCommand.self, CompletionCommand.self, ManualCommand.self, VersionCommand.self,
    ]
}
