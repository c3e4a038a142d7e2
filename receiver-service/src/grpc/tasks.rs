//! `framme.receiver.v1.TaskService`.

use std::sync::Arc;

use framme_shared::{
    db::tasks::{self, CloseTask},
    runtime::serve::MAX_MESSAGE_BYTES,
    wire::{
        pb::receiver::{
            CloseTaskRequest, CloseTaskResponse, ListTasksRequest, ListTasksResponse,
            task_service_server::{TaskService, TaskServiceServer},
        },
        status::Failure,
        task::PageOfTasks,
    },
};
use tonic::{Request, Response, Status};

use super::work_list::admit;
use crate::{authority::Rpc, core::Core, error::Refusal};

/// Serves tasks for people.
pub struct Tasks {
    core: Arc<Core>,
}

impl Tasks {
    /// The service, ready to be added to the local listener's routes.
    pub fn service(core: Arc<Core>) -> TaskServiceServer<Self> {
        TaskServiceServer::new(Self { core }).max_decoding_message_size(MAX_MESSAGE_BYTES)
    }

    async fn list(&self, request: &ListTasksRequest) -> Result<ListTasksResponse, Refusal> {
        let page = PageOfTasks::read(request.page_size, &request.page_token)?;
        let reader = self.core.db.reader();
        let found = tasks::page(reader, page.after, request.include_closed, page.size + 1).await?;
        let (tasks, next_page_token) = page.cut(found);
        Ok(ListTasksResponse { tasks, next_page_token })
    }

    async fn close(&self, close: CloseTask) -> Result<CloseTaskResponse, Refusal> {
        if self.core.db.change(close).await? {
            Ok(CloseTaskResponse {})
        } else {
            Err(Failure::NotFound.into())
        }
    }
}

#[tonic::async_trait]
impl TaskService for Tasks {
    async fn list_tasks(&self, request: Request<ListTasksRequest>) -> Result<Response<ListTasksResponse>, Status> {
        admit(&self.core, &request, Rpc::ListTasks).await?;
        Ok(Response::new(self.list(request.get_ref()).await?))
    }

    async fn close_task(&self, request: Request<CloseTaskRequest>) -> Result<Response<CloseTaskResponse>, Status> {
        let caller = admit(&self.core, &request, Rpc::CloseTask).await?;
        let close = CloseTask {
            number: request.get_ref().number,
            by: caller.key(),
        };
        Ok(Response::new(self.close(close).await?))
    }
}
