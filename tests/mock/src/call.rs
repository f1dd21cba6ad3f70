//! The host calls of the filter, by name.

use std::fmt;

/// A function that the host offers the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// `proxy_log`; the argument is the line.
    Log,
    /// `proxy_get_log_level`.
    LogLevel,
    /// `proxy_get_current_time_nanoseconds`.
    Time,
    /// `clock_time_get` of WASI, for the clock that is not the time of day.
    Monotonic,
    /// `proxy_get_buffer_bytes`; the argument is the buffer's number in the ABI.
    Buffer,
    /// `proxy_get_header_map_pairs`; the argument is `headers`, `trailers`, or another map's number.
    HeaderPairs,
    /// `proxy_set_header_map_pairs`; the argument is as above.
    SetHeaderPairs,
    /// `proxy_get_header_map_value`; the argument, here and below, is the header's name.
    HeaderValue,
    /// `proxy_add_header_map_value`.
    AddHeader,
    /// `proxy_replace_header_map_value`.
    ReplaceHeader,
    /// `proxy_remove_header_map_value`.
    RemoveHeader,
    /// `proxy_get_property`; the argument is the path, joined by dots.
    Property,
    /// `proxy_set_property`; the argument is as above.
    SetProperty,
    /// `proxy_send_local_response`; the argument is the response code details.
    LocalResponse,
    /// `proxy_define_metric`; the argument, here and below, is the metric's name.
    DefineMetric,
    /// `proxy_get_metric`.
    Metric,
    /// `proxy_record_metric`.
    RecordMetric,
    /// `proxy_increment_metric`.
    IncrementMetric,
    /// `proxy_set_tick_period_milliseconds`; the argument is the number of milliseconds.
    TickPeriod,
    /// `proxy_get_shared_data`; the argument is the key.
    SharedData,
    /// `proxy_set_shared_data`; the argument is the key.
    SetSharedData,
    /// `proxy_call_foreign_function`; the argument is the foreign function's name.
    ForeignFunction,
    /// `proxy_http_call`; the argument is the cluster.
    HttpCall,
    /// `proxy_set_effective_context`; the argument is the context's number.
    EffectiveContext,
    /// `proxy_continue_stream`; the argument, here and below, is the stream's kind: 0 is a request.
    ContinueStream,
    /// `proxy_close_stream`.
    CloseStream,
    /// A function of this name that the mock refuses as unimplemented.
    Other(&'static str),
}

impl Call {
    /// The function's name in the ABI.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "proxy_log",
            Self::LogLevel => "proxy_get_log_level",
            Self::Time => "proxy_get_current_time_nanoseconds",
            Self::Monotonic => "clock_time_get",
            Self::Buffer => "proxy_get_buffer_bytes",
            Self::HeaderPairs => "proxy_get_header_map_pairs",
            Self::SetHeaderPairs => "proxy_set_header_map_pairs",
            Self::HeaderValue => "proxy_get_header_map_value",
            Self::AddHeader => "proxy_add_header_map_value",
            Self::ReplaceHeader => "proxy_replace_header_map_value",
            Self::RemoveHeader => "proxy_remove_header_map_value",
            Self::Property => "proxy_get_property",
            Self::SetProperty => "proxy_set_property",
            Self::LocalResponse => "proxy_send_local_response",
            Self::DefineMetric => "proxy_define_metric",
            Self::Metric => "proxy_get_metric",
            Self::RecordMetric => "proxy_record_metric",
            Self::IncrementMetric => "proxy_increment_metric",
            Self::TickPeriod => "proxy_set_tick_period_milliseconds",
            Self::SharedData => "proxy_get_shared_data",
            Self::SetSharedData => "proxy_set_shared_data",
            Self::ForeignFunction => "proxy_call_foreign_function",
            Self::HttpCall => "proxy_http_call",
            Self::EffectiveContext => "proxy_set_effective_context",
            Self::ContinueStream => "proxy_continue_stream",
            Self::CloseStream => "proxy_close_stream",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// One host call that the filter made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HostCall {
    /// Which function.
    pub call: Call,
    /// What it was asked for, as [`Call`] says.
    pub argument: String,
}

impl fmt::Display for HostCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.call, self.argument)
    }
}

/// A line that the filter logged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Log {
    /// How grave it is.
    pub level: Level,
    /// The line.
    pub message: String,
}

impl fmt::Display for Log {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {}", self.level, self.message)
    }
}

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Every step.
    Trace,
    /// For developers.
    Debug,
    /// What happens.
    Info,
    /// What should not happen often.
    Warn,
    /// What should not happen.
    Error,
    /// What ends the filter.
    Critical,
}

impl Level {
    /// The level of an ABI number.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        let levels =
            [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Critical];
        levels.get(usize::try_from(number).ok()?).copied()
    }
}
