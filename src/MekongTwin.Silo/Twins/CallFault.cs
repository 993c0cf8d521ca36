using MekongTwin.Silo.Storage;

namespace MekongTwin.Silo.Twins;

/// <summary>Why a call to another part of the region came to nothing, as one sentence: Orleans' own texts carry addresses, stack frames and links.</summary>
internal static class CallFault
{
    public static string Reason(Exception e) => e switch
    {
        TimeoutException => "It did not answer in time.",
        SiloUnavailableException or OrleansMessageRejectionException or OperationCanceledException => "Its silo is gone.",
        NotTheWriterException or ObjectDisposedException => "It is moving to another silo.",
        _ => e.Message.Split('\n')[0].TrimEnd(),
    };
}
